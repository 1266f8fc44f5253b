<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
    <context>
        <name>AcknowledgePanel</name>
        <message>
            <source>Unlock slot {number}</source>
            <translation>解锁工位 {number}</translation>
        </message>
        <message>
            <source>A line lead or an engineer types name and PIN.</source>
            <translation>请由线长或工程师输入姓名和 PIN。</translation>
        </message>
        <message>
            <source>By {name}, who is signed in.</source>
            <translation>由已登录的 {name} 操作。</translation>
        </message>
        <message>
            <source>Say first what was wrong and what was done.</source>
            <translation>请先说明出了什么问题、做了什么处理。</translation>
        </message>
        <message>
            <source>Type name and PIN.</source>
            <translation>请输入姓名和 PIN。</translation>
        </message>
        <message>
            <source>Asking the engine…</source>
            <translation>正在询问引擎…</translation>
        </message>
        <message>
            <source>Why</source>
            <translation>原因</translation>
        </message>
        <message>
            <source>Why the slot may work again</source>
            <translation>工位可以重新工作的原因</translation>
        </message>
        <message>
            <source>What was wrong, and what was done</source>
            <translation>出了什么问题，做了什么处理</translation>
        </message>
        <message>
            <source>Unlock</source>
            <translation>解锁</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
    </context>
    <context>
        <name>BackupStep</name>
        <message>
            <source>Root</source>
            <translation>根证书</translation>
        </message>
        <message>
            <source>Line</source>
            <translation>产线证书</translation>
        </message>
        <message>
            <source>Folder for the copy</source>
            <translation>副本文件夹</translation>
        </message>
        <message>
            <source>a stick, or a disk of another PC</source>
            <translation>U 盘，或另一台电脑的磁盘</translation>
        </message>
        <message>
            <source>Copy and compare</source>
            <translation>复制并比对</translation>
        </message>
        <message>
            <source>Folder for the sheet</source>
            <translation>打印页文件夹</translation>
        </message>
        <message>
            <source>Write the sheet (PDF)</source>
            <translation>生成打印页（PDF）</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>副本</translation>
        </message>
        <message>
            <source>Sheet</source>
            <translation>打印页</translation>
        </message>
        <message>
            <source>I make a copy later; until then a broken disk is the end of this CA</source>
            <translation>我稍后再做副本；在此之前，磁盘一旦损坏，此 CA 即告终结</translation>
        </message>
        <message>
            <source>Print the sheet and keep it with the copy. Once two copies are safe, delete root.key on this PC.</source>
            <translation>请打印此页，与副本一起保管。有两份副本妥善保存后，请删除本机上的 root.key。</translation>
        </message>
        <message>
            <source>Copies</source>
            <translation>副本</translation>
        </message>
        <message>
            <source>The CA's fingerprints, in groups of four. Who has the sheet can tell this CA from any other.</source>
            <translation>CA 的指纹，每四位一组。持有此页的人可以把这个 CA 与其他 CA 区分开。</translation>
        </message>
        <message>
            <source>One moment.</source>
            <translation>请稍候。</translation>
        </message>
        <message>
            <source>Make a copy, or say that you make it later.</source>
            <translation>请制作副本，或选择稍后再做。</translation>
        </message>
        <message>
            <source>Name a folder on another disk.</source>
            <translation>请指定另一块磁盘上的文件夹。</translation>
        </message>
        <message>
            <source>Copying, then reading it back …</source>
            <translation>正在复制，然后回读比对…</translation>
        </message>
        <message>
            <source>{count} files in {folder}, read back and the same.</source>
            <translation>{folder} 中有 {count} 个文件，已回读，内容一致。</translation>
        </message>
        <message>
            <source>Written: {path}</source>
            <translation>已写入：{path}</translation>
        </message>
    </context>
    <context>
        <name>BatchClose</name>
        <message>
            <source>Stop the line first: this batch is on it</source>
            <translation>请先停止产线：此批次正在生产</translation>
        </message>
        <message>
            <source>Why it is closed before it is complete</source>
            <translation>未完成就关闭的原因</translation>
        </message>
        <message>
            <source>Say first why the batch is closed: it can't be opened again.</source>
            <translation>请先说明关闭批次的原因：关闭后不能再打开。</translation>
        </message>
        <message>
            <source>Closing…</source>
            <translation>正在关闭…</translation>
        </message>
        <message>
            <source>{batch} is closed.</source>
            <translation>{batch} 已关闭。</translation>
        </message>
        <message>
            <source>Close a batch</source>
            <translation>关闭批次</translation>
        </message>
        <message>
            <source>Batch to close</source>
            <translation>要关闭的批次</translation>
        </message>
        <message>
            <source>Why the batch is closed</source>
            <translation>关闭批次的原因</translation>
        </message>
        <message>
            <source>Close it</source>
            <translation>关闭</translation>
        </message>
        <message>
            <source>Close the batch</source>
            <translation>关闭批次</translation>
        </message>
    </context>
    <context>
        <name>BatchForm</name>
        <message>
            <source>Choose a product.</source>
            <translation>请选择产品。</translation>
        </message>
        <message>
            <source>Give the batch its name: 1 to 64 of A-Z a-z 0-9 _ . -</source>
            <translation>请为批次命名：1 至 64 个字符，可用 A-Z a-z 0-9 _ . -</translation>
        </message>
        <message>
            <source>Type the CA's passphrase.</source>
            <translation>请输入 CA 口令。</translation>
        </message>
        <message>
            <source>An engineer says why this is built with settings that nobody released.</source>
            <translation>所用设置未经放行，须由工程师说明为何仍用于生产。</translation>
        </message>
        <message>
            <source>Arming…</source>
            <translation>正在启用…</translation>
        </message>
        <message>
            <source>FIRST..LAST, or empty for any</source>
            <translation>首号..末号；留空则不限</translation>
        </message>
        <message>
            <source>This product's boards are not scanned</source>
            <translation>此产品的电路板不扫码</translation>
        </message>
        <message>
            <source>An engineer: looked at it, and why</source>
            <translation>工程师：已查看，并说明原因</translation>
        </message>
        <message>
            <source>Not needed: all is released</source>
            <translation>不需要：全部已放行</translation>
        </message>
        <message>
            <source>Not asked: the station file says where it is</source>
            <translation>不询问：工站文件已注明存放处</translation>
        </message>
        <message>
            <source>Work order</source>
            <translation>工单</translation>
        </message>
        <message>
            <source>Arm the line</source>
            <translation>启用产线</translation>
        </message>
        <message>
            <source>Product</source>
            <translation>产品</translation>
        </message>
        <message>
            <source>Batch</source>
            <translation>批次</translation>
        </message>
        <message>
            <source>Units</source>
            <translation>数量</translation>
        </message>
        <message>
            <source>Labels</source>
            <translation>标签</translation>
        </message>
        <message>
            <source>Released because</source>
            <translation>放行理由</translation>
        </message>
        <message>
            <source>CA passphrase</source>
            <translation>CA 口令</translation>
        </message>
    </context>
    <context>
        <name>BatchList</name>
        <message>
            <source>Batch or product: any part of it</source>
            <translation>批次或产品名称的任意部分</translation>
        </message>
        <message>
            <source>Search for a batch</source>
            <translation>搜索批次</translation>
        </message>
        <message>
            <source>Batch</source>
            <translation>批次</translation>
        </message>
        <message>
            <source>Product</source>
            <translation>产品</translation>
        </message>
        <message>
            <source>Ordered</source>
            <translation>订购数</translation>
        </message>
        <message>
            <source>State</source>
            <translation>状态</translation>
        </message>
        <message>
            <source>Begun</source>
            <translation>开始时间</translation>
        </message>
        <message>
            <source>Batches</source>
            <translation>批次</translation>
        </message>
        <message>
            <source>Show its units</source>
            <translation>显示其单元</translation>
        </message>
        <message>
            <source>Export the batch…</source>
            <translation>导出批次…</translation>
        </message>
        <message>
            <source>Reconciliation</source>
            <translation>数量核对</translation>
        </message>
        <message>
            <source>Closed</source>
            <translation>已关闭</translation>
        </message>
        <message>
            <source>Open</source>
            <translation>未关闭</translation>
        </message>
        <message>
            <source>No batch</source>
            <translation>无批次</translation>
        </message>
        <message>
            <source>First-pass yield {share}: {good} of {total}</source>
            <translation>一次通过率 {share}：{good} / {total}</translation>
        </message>
        <message>
            <source>In work now: {count}</source>
            <translation>正在生产：{count}</translation>
        </message>
        <message>
            <source>ordered</source>
            <translation>订购</translation>
        </message>
        <message>
            <source>not started</source>
            <translation>未开始</translation>
        </message>
        <message>
            <source>beyond the order</source>
            <translation>超出工单</translation>
        </message>
    </context>
    <context>
        <name>BatchNow</name>
        <message>
            <source>Resume</source>
            <translation>继续</translation>
        </message>
        <message>
            <source>Pause</source>
            <translation>暂停</translation>
        </message>
        <message>
            <source>Hold to stop</source>
            <translation>长按停止</translation>
        </message>
        <message>
            <source>Stop the line: hold for one second</source>
            <translation>停止产线：请长按一秒</translation>
        </message>
        <message>
            <source>{state}: {batch}</source>
            <translation>{state}：{batch}</translation>
        </message>
        <message>
            <source>{product}: {done} of {quantity} done</source>
            <translation>{product}：已完成 {done} / {quantity}</translation>
        </message>
        <message>
            <source>first-pass yield {share}</source>
            <translation>一次通过率 {share}</translation>
        </message>
        <message>
            <source>labels {serials}</source>
            <translation>标签 {serials}</translation>
        </message>
        <message>
            <source>armed by {name}</source>
            <translation>由 {name} 启用</translation>
        </message>
        <message>
            <source>No batch is open</source>
            <translation>没有未关闭的批次</translation>
        </message>
        <message>
            <source>Fill in a work order below and arm the line.</source>
            <translation>请在下方填写工单并启用产线。</translation>
        </message>
        <message>
            <source>Continue</source>
            <translation>继续</translation>
        </message>
        <message>
            <source>Open: {batch}</source>
            <translation>未关闭：{batch}</translation>
        </message>
        <message>
            <source>Continue {batch}</source>
            <translation>继续 {batch}</translation>
        </message>
        <message>
            <source>{done} of {quantity} done</source>
            <translation>已完成 {done} / {quantity}</translation>
        </message>
    </context>
    <context>
        <name>BatchPage</name>
        <message>
            <source>Products and batches can't be read: {why}</source>
            <translation>无法读取产品和批次：{why}</translation>
        </message>
        <message>
            <source>Units go to {cloud}.</source>
            <translation>单元上传至 {cloud}。</translation>
        </message>
    </context>
    <context>
        <name>CaStep</name>
        <message>
            <source>Make a CA for this station; you become its keeper</source>
            <translation>为本工站建立 CA；您将成为其保管员</translation>
        </message>
        <message>
            <source>Take a CA that is there already</source>
            <translation>使用已有的 CA</translation>
        </message>
        <message>
            <source>Name in its certificates</source>
            <translation>证书中的名称</translation>
        </message>
        <message>
            <source>such as the company's name</source>
            <translation>例如公司名称</translation>
        </message>
        <message>
            <source>Its folder</source>
            <translation>其文件夹</translation>
        </message>
        <message>
            <source>Passphrase</source>
            <translation>口令</translation>
        </message>
        <message>
            <source>The same again</source>
            <translation>再输入一次</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>名称</translation>
        </message>
        <message>
            <source>Kept in</source>
            <translation>保存位置</translation>
        </message>
        <message>
            <source>CA</source>
            <translation>CA</translation>
        </message>
        <message>
            <source>The certificate authority signs each device's key. Whoever has its keys and passphrase can sign too.</source>
            <translation>证书颁发机构（CA）为每台设备的密钥签名。谁持有它的密钥和口令，谁就也能签名。</translation>
        </message>
        <message>
            <source>Give the CA a name.</source>
            <translation>请为 CA 命名。</translation>
        </message>
        <message>
            <source>The passphrase needs at least {count} characters.</source>
            <translation>口令至少需要 {count} 个字符。</translation>
        </message>
        <message>
            <source>Name the CA's folder.</source>
            <translation>请指定 CA 的文件夹。</translation>
        </message>
        <message>
            <source>Type the passphrase that is to be kept.</source>
            <translation>请输入要保存的口令。</translation>
        </message>
        <message>
            <source>Type the same passphrase again.</source>
            <translation>请再次输入相同的口令。</translation>
        </message>
        <message>
            <source>Looking at the CA …</source>
            <translation>正在查看 CA…</translation>
        </message>
        <message>
            <source>A lost passphrase can't be brought back by anybody. Write it down for the safe before going on.</source>
            <translation>口令一旦遗失，任何人都无法找回。继续之前，请抄写下来存入保险柜。</translation>
        </message>
        <message>
            <source>It is used where it lies; nothing in it is changed.</source>
            <translation>在原处使用，其中内容不作任何更改。</translation>
        </message>
        <message>
            <source>nowhere: it is typed when a batch is armed</source>
            <translation>不保存：启用批次时输入</translation>
        </message>
        <message>
            <source>this user's keyring</source>
            <translation>当前用户的密钥环</translation>
        </message>
        <message>
            <source>a file that only this user can read</source>
            <translation>只有当前用户可读的文件</translation>
        </message>
    </context>
    <context>
        <name>Chart</name>
        <message>
            <source>Share of first attempts that passed; grey: how many there were</source>
            <translation>首次尝试的合格比例；灰色：尝试数量</translation>
        </message>
        <message>
            <source>; {count} rarer ones not drawn</source>
            <translation>；另有 {count} 种较少见的未画出</translation>
        </message>
        <message>
            <source>Attempts that each fault ended, Σ with those above it</source>
            <translation>因各故障而结束的尝试，Σ 为与以上各项的累计</translation>
        </message>
        <message>
            <source>No attempt ended with a fault</source>
            <translation>没有尝试因故障而结束</translation>
        </message>
        <message>
            <source>Seconds of attempts that passed: middle half, and the middle as a line</source>
            <translation>合格尝试的秒数：中间一半，横线为中位数</translation>
        </message>
        <message>
            <source>Middle of the newest {count} attempts that passed; in brackets what 95 of 100 keep</source>
            <translation>最近 {count} 次合格尝试的中位数；括号内为 95 % 的尝试不超过的值</translation>
        </message>
    </context>
    <context>
        <name>ChecksPanel</name>
        <message>
            <source>in order</source>
            <translation>正常</translation>
        </message>
        <message>
            <source>advice</source>
            <translation>建议</translation>
        </message>
        <message>
            <source>trouble</source>
            <translation>故障</translation>
        </message>
        <message>
            <source>unknown</source>
            <translation>未知</translation>
        </message>
        <message>
            <source>not checked</source>
            <translation>未检查</translation>
        </message>
        <message>
            <source>Check now</source>
            <translation>立即检查</translation>
        </message>
        <message>
            <source>Copy report</source>
            <translation>复制报告</translation>
        </message>
        <message>
            <source>Findings</source>
            <translation>检查结果</translation>
        </message>
        <message>
            <source>The checks look at this PC, the fixture, the CA and the cloud. They change nothing.</source>
            <translation>检查会查看本机、夹具、CA 和云端，不作任何更改。</translation>
        </message>
        <message>
            <source>Looking … a cloud that does not answer may take a few minutes.</source>
            <translation>正在检查… 若云端无应答，可能需要几分钟。</translation>
        </message>
        <message>
            <source>The report is on the clipboard.</source>
            <translation>报告已复制到剪贴板。</translation>
        </message>
        <message>
            <source>{count} to mend, from the top; then check again.</source>
            <translation>有 {count} 项需处理，请从上往下；然后重新检查。</translation>
        </message>
        <message>
            <source>No trouble was found, but not everything could be told.</source>
            <translation>未发现故障，但有些项目无法判断。</translation>
        </message>
        <message>
            <source>No trouble was found. Nothing was changed.</source>
            <translation>未发现故障。未作任何更改。</translation>
        </message>
        <message>
            <source>slots {numbers}</source>
            <translation>工位 {numbers}</translation>
        </message>
        <message>
            <source>slot {number}</source>
            <translation>工位 {number}</translation>
        </message>
    </context>
    <context>
        <name>ChecksStep</name>
        <message>
            <source>Checks</source>
            <translation>检查</translation>
        </message>
        <message>
            <source>What is marked as trouble keeps the station from working right; the rest can wait.</source>
            <translation>标为故障的项目会使工站无法正常工作；其余可以稍后处理。</translation>
        </message>
    </context>
    <context>
        <name>CloudStep</name>
        <message>
            <source>No cloud yet: finished units wait in the outbox</source>
            <translation>暂不连接云端：完成的单元在上传队列中等待</translation>
        </message>
        <message>
            <source>nRF Cloud, with an API key of the team</source>
            <translation>nRF Cloud，使用团队的 API 密钥</translation>
        </message>
        <message>
            <source>API key</source>
            <translation>API 密钥</translation>
        </message>
        <message>
            <source>Team ID</source>
            <translation>团队 ID</translation>
        </message>
        <message>
            <source>may be left out: people then confirm whose the key is</source>
            <translation>可留空：届时由人员确认密钥属于谁</translation>
        </message>
        <message>
            <source>Kept in</source>
            <translation>保存位置</translation>
        </message>
        <message>
            <source>Cloud</source>
            <translation>云端</translation>
        </message>
        <message>
            <source>Where finished units are onboarded. The key never stands in the station file.</source>
            <translation>完成的单元在此上云。密钥绝不写入工站文件。</translation>
        </message>
        <message>
            <source>Simulated boards must never reach a real account, so there is no cloud here.</source>
            <translation>模拟电路板绝不能进入真实账户，因此这里没有云端。</translation>
        </message>
        <message>
            <source>A key can be added later, under Settings.</source>
            <translation>以后可以在“设置”中添加密钥。</translation>
        </message>
        <message>
            <source>Paste the API key.</source>
            <translation>请粘贴 API 密钥。</translation>
        </message>
    </context>
    <context>
        <name>Desktop</name>
        <message>
            <source>Demo. Sign in as {people}.</source>
            <translation>演示。可用以下身份登录：{people}。</translation>
        </message>
    </context>
    <context>
        <name>Doctor</name>
        <message>
            <source>This PC</source>
            <translation>本机</translation>
        </message>
        <message>
            <source>Settings</source>
            <translation>设置</translation>
        </message>
        <message>
            <source>Data</source>
            <translation>数据</translation>
        </message>
        <message>
            <source>CA and secrets</source>
            <translation>CA 和机密</translation>
        </message>
        <message>
            <source>Clock</source>
            <translation>时钟</translation>
        </message>
        <message>
            <source>Fixture</source>
            <translation>夹具</translation>
        </message>
        <message>
            <source>Cloud</source>
            <translation>云端</translation>
        </message>
        <message>
            <source>software</source>
            <translation>软件</translation>
        </message>
        <message>
            <source>user</source>
            <translation>用户</translation>
        </message>
        <message>
            <source>port grabbers</source>
            <translation>占用串口的程序</translation>
        </message>
        <message>
            <source>time service</source>
            <translation>时间服务</translation>
        </message>
        <message>
            <source>station file</source>
            <translation>工站文件</translation>
        </message>
        <message>
            <source>fixture file</source>
            <translation>夹具文件</translation>
        </message>
        <message>
            <source>recipe</source>
            <translation>配方</translation>
        </message>
        <message>
            <source>recipes</source>
            <translation>配方</translation>
        </message>
        <message>
            <source>updates</source>
            <translation>更新</translation>
        </message>
        <message>
            <source>data folder</source>
            <translation>数据文件夹</translation>
        </message>
        <message>
            <source>disk</source>
            <translation>磁盘</translation>
        </message>
        <message>
            <source>free space</source>
            <translation>可用空间</translation>
        </message>
        <message>
            <source>in use</source>
            <translation>使用情况</translation>
        </message>
        <message>
            <source>writing</source>
            <translation>写入</translation>
        </message>
        <message>
            <source>journal</source>
            <translation>日志</translation>
        </message>
        <message>
            <source>journal file</source>
            <translation>日志文件</translation>
        </message>
        <message>
            <source>checkpoints</source>
            <translation>检查点</translation>
        </message>
        <message>
            <source>slots</source>
            <translation>工位</translation>
        </message>
        <message>
            <source>CA folder</source>
            <translation>CA 文件夹</translation>
        </message>
        <message>
            <source>CA files</source>
            <translation>CA 文件</translation>
        </message>
        <message>
            <source>CA validity</source>
            <translation>CA 有效期</translation>
        </message>
        <message>
            <source>CA root key</source>
            <translation>CA 根密钥</translation>
        </message>
        <message>
            <source>CA passphrase</source>
            <translation>CA 口令</translation>
        </message>
        <message>
            <source>CA key</source>
            <translation>CA 密钥</translation>
        </message>
        <message>
            <source>API key</source>
            <translation>API 密钥</translation>
        </message>
        <message>
            <source>time</source>
            <translation>时间</translation>
        </message>
        <message>
            <source>USB rights</source>
            <translation>USB 权限</translation>
        </message>
        <message>
            <source>port rights</source>
            <translation>串口权限</translation>
        </message>
        <message>
            <source>outbox</source>
            <translation>上传队列</translation>
        </message>
        <message>
            <source>cloud</source>
            <translation>云端</translation>
        </message>
        <message>
            <source>cloud's clock</source>
            <translation>云端时钟</translation>
        </message>
        <message>
            <source>Provisioning API</source>
            <translation>Provisioning API（配置接口）</translation>
        </message>
        <message>
            <source>port</source>
            <translation>串口</translation>
        </message>
        <message>
            <source>power</source>
            <translation>电源</translation>
        </message>
        <message>
            <source>probe</source>
            <translation>调试器</translation>
        </message>
        <message>
            <source>An ordinary user.</source>
            <translation>普通用户。</translation>
        </message>
        <message>
            <source>This runs as root: what a station writes as root, its technician's user can't open later.</source>
            <translation>当前以 root 运行：工站以 root 写入的文件，技术员的用户以后打不开。</translation>
        </message>
        <message>
            <source>Run the station and this check as the user who works at the line.</source>
            <translation>请以在产线工作的用户运行工站和此检查。</translation>
        </message>
        <message>
            <source>Run this check as the user who works at the line.</source>
            <translation>请以在产线工作的用户运行此检查。</translation>
        </message>
        <message>
            <source>Neither ModemManager nor brltty runs.</source>
            <translation>ModemManager 和 brltty 均未运行。</translation>
        </message>
        <message>
            <source>It is synchronised by systemd-timesyncd.</source>
            <translation>由 systemd-timesyncd 同步。</translation>
        </message>
        <message>
            <source>The system does not say.</source>
            <translation>系统未说明。</translation>
        </message>
        <message>
            <source>See what `timedatectl` shows beside 'synchronized'.</source>
            <translation>请查看 `timedatectl` 中 'synchronized' 一项。</translation>
        </message>
        <message>
            <source>A time service keeps it right.</source>
            <translation>由时间服务保持准确。</translation>
        </message>
        <message>
            <source>No time service keeps this PC's clock right.</source>
            <translation>没有时间服务校准本机时钟。</translation>
        </message>
        <message>
            <source>Switch on the PC's time synchronisation (timedatectl set-ntp true), or set the clock by hand each shift.</source>
            <translation>请打开本机的时间同步（timedatectl set-ntp true），或每班手动校准时钟。</translation>
        </message>
        <message>
            <source>Run start.py once: it installs the right version.</source>
            <translation>请运行一次 start.py：它会安装正确的版本。</translation>
        </message>
        <message>
            <source>Only the station file says where it is.</source>
            <translation>只有工站文件写明它在哪里。</translation>
        </message>
        <message>
            <source>Mend the station file first.</source>
            <translation>请先改正工站文件。</translation>
        </message>
        <message>
            <source>Correct it in that file.</source>
            <translation>请在该文件中改正。</translation>
        </message>
        <message>
            <source>Correct `recipes` in the station file.</source>
            <translation>请在工站文件中更正 `recipes`。</translation>
        </message>
        <message>
            <source>Correct `data` in the station file.</source>
            <translation>请在工站文件中更正 `data`。</translation>
        </message>
        <message>
            <source>Only the fixture file says what hangs on them.</source>
            <translation>只有夹具文件写明其上连接的设备。</translation>
        </message>
        <message>
            <source>Mend it first.</source>
            <translation>请先改正它。</translation>
        </message>
        <message>
            <source>Mend these first.</source>
            <translation>请先改正这些。</translation>
        </message>
        <message>
            <source>Mend the secret first.</source>
            <translation>请先改正机密的存放。</translation>
        </message>
        <message>
            <source>Mend the passphrase first.</source>
            <translation>请先改正口令。</translation>
        </message>
        <message>
            <source>No package newer than {version} is in {folder}.</source>
            <translation>{folder} 中没有比 {version} 更新的安装包。</translation>
        </message>
        <message>
            <source>Version {version} is there: {path}, whole.</source>
            <translation>有版本 {version}：{path}，完整。</translation>
        </message>
        <message>
            <source>Have IT install it, when no batch is open.</source>
            <translation>请 IT 在没有未结批次时安装。</translation>
        </message>
        <message>
            <source>The folder is not there yet.</source>
            <translation>文件夹尚不存在。</translation>
        </message>
        <message>
            <source>Look again once it is.</source>
            <translation>待其存在后请重新检查。</translation>
        </message>
        <message>
            <source>Look again.</source>
            <translation>请重新检查。</translation>
        </message>
        <message>
            <source>Look again when it has ended.</source>
            <translation>待其结束后请重新检查。</translation>
        </message>
        <message>
            <source>Look again when the batch has ended.</source>
            <translation>待批次结束后请重新检查。</translation>
        </message>
        <message>
            <source>No station works there now.</source>
            <translation>现在没有工站在那里工作。</translation>
        </message>
        <message>
            <source>The running station writes there.</source>
            <translation>正在运行的工站在那里写入。</translation>
        </message>
        <message>
            <source>The running station works with it.</source>
            <translation>正在运行的工站在使用它。</translation>
        </message>
        <message>
            <source>{folder}, open to its user alone.</source>
            <translation>{folder}，仅其用户可访问。</translation>
        </message>
        <message>
            <source>{folder} is open to other users (mode {mode}).</source>
            <translation>{folder} 对其他用户开放（模式 {mode}）。</translation>
        </message>
        <message>
            <source>{folder} is no folder.</source>
            <translation>{folder} 不是文件夹。</translation>
        </message>
        <message>
            <source>{folder} belongs to another user.</source>
            <translation>{folder} 属于另一个用户。</translation>
        </message>
        <message>
            <source>A disk of this PC ({kind}).</source>
            <translation>本机磁盘（{kind}）。</translation>
        </message>
        <message>
            <source>A disk of this PC.</source>
            <translation>本机磁盘。</translation>
        </message>
        <message>
            <source>It lies on a network or shared disk ({kind}): a power cut can lose the journal.</source>
            <translation>位于网络盘或共享盘（{kind}）：断电可能丢失日志。</translation>
        </message>
        <message>
            <source>It lies in memory ({kind}): all of it is gone when this PC is switched off.</source>
            <translation>位于内存中（{kind}）：关机后全部丢失。</translation>
        </message>
        <message>
            <source>It lies on a disk that can be unplugged ({kind}).</source>
            <translation>位于可拔出的磁盘（{kind}）。</translation>
        </message>
        <message>
            <source>It lies in a container's own layer ({kind}) and is deleted with the container.</source>
            <translation>位于容器自身的层（{kind}），会随容器删除。</translation>
        </message>
        <message>
            <source>Give the container a volume of this PC's disk for the data folder.</source>
            <translation>请为容器的数据文件夹提供本机磁盘的卷。</translation>
        </message>
        <message>
            <source>Put the data folder on a disk inside this PC (`data` in the station file).</source>
            <translation>请把数据文件夹放到本机内部磁盘（工站文件中的 `data`）。</translation>
        </message>
        <message>
            <source>Free some space now.</source>
            <translation>请立即释放空间。</translation>
        </message>
        <message>
            <source>Free some space: below 0.25 GiB no batch should be started.</source>
            <translation>请释放空间：低于 0.25 GiB 时不应开始批次。</translation>
        </message>
        <message>
            <source>Written, synced and read back in {milliseconds} ms.</source>
            <translation>写入、同步并回读用时 {milliseconds} 毫秒。</translation>
        </message>
        <message>
            <source>Replace the disk; don't start a batch.</source>
            <translation>请更换磁盘；不要开始批次。</translation>
        </message>
        <message>
            <source>Move the data folder to a faster disk: every step waits for it.</source>
            <translation>请把数据文件夹移到更快的磁盘：每个步骤都要等它。</translation>
        </message>
        <message>
            <source>There is none yet; the first start makes it.</source>
            <translation>尚无；首次启动时建立。</translation>
        </message>
        <message>
            <source>It is empty; the first start fills it.</source>
            <translation>为空；首次启动时填入。</translation>
        </message>
        <message>
            <source>SQLite finds no damage in it.</source>
            <translation>SQLite 未发现损坏。</translation>
        </message>
        <message>
            <source>None is latched.</source>
            <translation>没有锁定的工位。</translation>
        </message>
        <message>
            <source>Latched by a station fault: {slots}.</source>
            <translation>因工站故障锁定：{slots}。</translation>
        </message>
        <message>
            <source>Mend it, then acknowledge the slot when the batch runs.</source>
            <translation>请排除故障，然后在批次运行时解锁工位。</translation>
        </message>
        <message>
            <source>The second place has every checkpoint that is kept here.</source>
            <translation>第二存放处有这里保存的全部检查点。</translation>
        </message>
        <message>
            <source>No second place for checkpoints is named; keep copies away from this PC.</source>
            <translation>没有指定检查点的第二存放处；请把副本保存在本机之外。</translation>
        </message>
        <message>
            <source>Bring the second place back, or correct `second_place`; the next checkpoint delivers all.</source>
            <translation>请恢复第二存放处，或更正 `second_place`；下一个检查点会补齐全部。</translation>
        </message>
        <message>
            <source>The root's key is not on this PC.</source>
            <translation>根密钥不在本机上。</translation>
        </message>
        <message>
            <source>The root's key is still on this PC ({path}); the line never needs it.</source>
            <translation>根密钥仍在本机上（{path}）；产线从不需要它。</translation>
        </message>
        <message>
            <source>Copy the CA's folder to two safe places, then delete root.key here.</source>
            <translation>请把 CA 文件夹复制到两个安全的地方，然后在此删除 root.key。</translation>
        </message>
        <message>
            <source>{path}; root and line certificate belong together.</source>
            <translation>{path}；根证书与产线证书相匹配。</translation>
        </message>
        <message>
            <source>The line's certificate is valid until {day}.</source>
            <translation>产线证书有效期至 {day}。</translation>
        </message>
        <message>
            <source>The passphrase opens the line's key, and the key fits the certificate.</source>
            <translation>口令能打开产线密钥，且密钥与证书匹配。</translation>
        </message>
        <message>
            <source>The station file names no place for it: a person types it at the start.</source>
            <translation>工站文件没有指定其存放处：由人员在开始时输入。</translation>
        </message>
        <message>
            <source>To have it checked, name its place under [ca], or start a batch.</source>
            <translation>要检查它，请在 [ca] 下指定其存放处，或开始一个批次。</translation>
        </message>
        <message>
            <source>There is no CA in {folder}, so nothing can be signed.</source>
            <translation>{folder} 中没有 CA，因此无法签发。</translation>
        </message>
        <message>
            <source>Make one: station ca init. Or restore the folder from the backup.</source>
            <translation>请建立：station ca init。或从备份恢复该文件夹。</translation>
        </message>
        <message>
            <source>It is not tried without its passphrase.</source>
            <translation>没有口令，未作尝试。</translation>
        </message>
        <message>
            <source>It is not tried while the CA's files are wrong.</source>
            <translation>CA 文件有误，未作尝试。</translation>
        </message>
        <message>
            <source>In the environment variable {name}.</source>
            <translation>在环境变量 {name} 中。</translation>
        </message>
        <message>
            <source>In the keyring, as {name}.</source>
            <translation>在密钥环中，名为 {name}。</translation>
        </message>
        <message>
            <source>In {path}, which only its owner can read.</source>
            <translation>在 {path} 中，仅其所有者可读。</translation>
        </message>
        <message>
            <source>It agrees with the cloud's.</source>
            <translation>与云端时钟一致。</translation>
        </message>
        <message>
            <source>Set the clock, and switch on time synchronisation.</source>
            <translation>请校准时钟，并打开时间同步。</translation>
        </message>
        <message>
            <source>It takes the API key, which is the team {name}'s, as it must be.</source>
            <translation>它接受 API 密钥，密钥属于团队 {name}，符合要求。</translation>
        </message>
        <message>
            <source>It takes the API key; the team has {count} active provisioning rule(s).</source>
            <translation>它接受 API 密钥；团队有 {count} 条启用的配置规则。</translation>
        </message>
        <message>
            <source>Check the network, and provisioning_url under [cloud] in the station file.</source>
            <translation>请检查网络，以及工站文件 [cloud] 下的 provisioning_url。</translation>
        </message>
        <message>
            <source>It is not asked without its key.</source>
            <translation>没有密钥，未作询问。</translation>
        </message>
        <message>
            <source>The station file names none; finished units wait.</source>
            <translation>工站文件没有指定；完成的单元在等待。</translation>
        </message>
        <message>
            <source>To onboard units, add a [cloud] table to it.</source>
            <translation>要使单元上云，请在其中添加 [cloud] 表。</translation>
        </message>
        <message>
            <source>There; this user may open it, and no program is seen to have it open.</source>
            <translation>存在；此用户可以打开，且未发现有程序占用。</translation>
        </message>
        <message>
            <source>There; the running station has it open.</source>
            <translation>存在；正在运行的工站已打开它。</translation>
        </message>
        <message>
            <source>There. Whether a program has it open is not looked at: that would open it.</source>
            <translation>存在。未查看是否有程序占用：那会打开它。</translation>
        </message>
        <message>
            <source>Not there now: it waits for a board.</source>
            <translation>现在不存在：等待放入电路板。</translation>
        </message>
        <message>
            <source>The port is not there.</source>
            <translation>端口不存在。</translation>
        </message>
        <message>
            <source>Check cable and power of the fixture, and the slot's `port` in the fixture file.</source>
            <translation>请检查夹具的线缆和电源，以及夹具文件中该工位的 `port`。</translation>
        </message>
        <message>
            <source>This user may not open it.</source>
            <translation>此用户无权打开。</translation>
        </message>
        <message>
            <source>A network port: reaching it would open it.</source>
            <translation>网络端口：连接它就会打开它。</translation>
        </message>
        <message>
            <source>To try it, start a batch with one board.</source>
            <translation>要试用，请用一块板开始批次。</translation>
        </message>
        <message>
            <source>It is not plugged in.</source>
            <translation>未插入。</translation>
        </message>
        <message>
            <source>root may open every port.</source>
            <translation>root 可以打开所有端口。</translation>
        </message>
        <message>
            <source>ModemManager is not installed.</source>
            <translation>未安装 ModemManager。</translation>
        </message>
        <message>
            <source>udev's rules keep ModemManager off probes and boards.</source>
            <translation>udev 规则使 ModemManager 不碰调试器和电路板。</translation>
        </message>
        <message>
            <source>Log out and in again.</source>
            <translation>请注销并重新登录。</translation>
        </message>
        <message>
            <source>Call the engineer.</source>
            <translation>请呼叫工程师。</translation>
        </message>
        <message>
            <source>Tell the engineer; the other checks stand.</source>
            <translation>请告诉工程师；其他检查结果有效。</translation>
        </message>
        <message>
            <source>There was no answer within {seconds} s.</source>
            <translation>{seconds} 秒内没有应答。</translation>
        </message>
        <message>
            <source>See whether a window asks for a password, or a disk or network hangs; then look again.</source>
            <translation>请查看是否有窗口要求输入密码，或磁盘、网络卡住；然后重新检查。</translation>
        </message>
        <message>
            <source>{name}, {steps} steps; every file it pins is there and right.</source>
            <translation>{name}，{steps} 个步骤；其固定的每个文件都在且正确。</translation>
        </message>
        <message>
            <source>{name}, {steps} steps; every file it pins is there and right, and so are the programs of its steps.</source>
            <translation>{name}，{steps} 个步骤；其固定的每个文件以及各步骤的程序都在且正确。</translation>
        </message>
        <message>
            <source>{name}, {count} slots.</source>
            <translation>{name}，{count} 个工位。</translation>
        </message>
    </context>
    <context>
        <name>Drawer</name>
        <message>
            <source>Slot {number} in detail</source>
            <translation>工位 {number} 详情</translation>
        </message>
        <message>
            <source>Unlock…</source>
            <translation>解锁…</translation>
        </message>
        <message>
            <source>Board is in</source>
            <translation>板已放入</translation>
        </message>
        <message>
            <source>The AT lines are copied.</source>
            <translation>AT 记录已复制。</translation>
        </message>
        <message>
            <source>Steps</source>
            <translation>步骤</translation>
        </message>
        <message>
            <source>Station (&gt;) and modem (&lt;)</source>
            <translation>工站（&gt;）与调制解调器（&lt;）</translation>
        </message>
        <message>
            <source>AT lines between station and modem</source>
            <translation>工站与调制解调器之间的 AT 记录</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>复制</translation>
        </message>
        <message>
            <source>Copy the AT lines</source>
            <translation>复制 AT 记录</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>关闭</translation>
        </message>
        <message>
            <source>Close the drawer</source>
            <translation>关闭详情栏</translation>
        </message>
    </context>
    <context>
        <name>EndStep</name>
        <message>
            <source>Station</source>
            <translation>工站</translation>
        </message>
        <message>
            <source>Station file</source>
            <translation>工站文件</translation>
        </message>
        <message>
            <source>Data folder</source>
            <translation>数据文件夹</translation>
        </message>
        <message>
            <source>CA</source>
            <translation>CA</translation>
        </message>
        <message>
            <source>Its copies</source>
            <translation>其副本</translation>
        </message>
        <message>
            <source>First unit</source>
            <translation>首个单元</translation>
        </message>
        <message>
            <source>What comes next</source>
            <translation>接下来</translation>
        </message>
        <message>
            <source>Add the people who work at the line: Station, People.</source>
            <translation>添加在产线工作的人员：“工站”页，“人员”。</translation>
        </message>
        <message>
            <source>Write the recipe of your product, from one of the examples: Station, Settings.</source>
            <translation>参照示例编写您的产品配方：“工站”页，“设置”。</translation>
        </message>
        <message>
            <source>Have every slot learn what is plugged into it: Station, Slots.</source>
            <translation>让每个工位识别插在其上的设备：“工站”页，“工位”。</translation>
        </message>
        <message>
            <source>Done</source>
            <translation>完成</translation>
        </message>
        <message>
            <source>The station is ready. This is what there is, and what comes next.</source>
            <translation>工站已就绪。以下是已有的内容，以及接下来要做的事。</translation>
        </message>
        <message>
            <source>Open the window</source>
            <translation>打开窗口</translation>
        </message>
        <message>
            <source>none yet: make one soon</source>
            <translation>尚无：请尽快制作</translation>
        </message>
        <message>
            <source>none yet</source>
            <translation>尚无</translation>
        </message>
    </context>
    <context>
        <name>EngineerStep</name>
        <message>
            <source>Your name</source>
            <translation>您的姓名</translation>
        </message>
        <message>
            <source>PIN</source>
            <translation>PIN</translation>
        </message>
        <message>
            <source>4 to 12 digits, and none of the first that anybody tries.</source>
            <translation>4 至 12 位数字，不要用别人最先会猜到的。</translation>
        </message>
        <message>
            <source>The name stays on this station alone: records know you as p1. You can release settings, manage people and build units. Others, with fewer rights, are added on the station's page.</source>
            <translation>姓名只保存在本工站：记录中您的代号是 p1。您可以放行设置、管理人员并生产单元。权限较少的其他人员可在“工站”页添加。</translation>
        </message>
        <message>
            <source>You</source>
            <translation>您</translation>
        </message>
        <message>
            <source>The first person of this station is an engineer. What is done with the PIN is yours.</source>
            <translation>本工站的第一个人是工程师。凡用此 PIN 所做的操作均由您负责。</translation>
        </message>
        <message>
            <source>Type your name.</source>
            <translation>请输入您的姓名。</translation>
        </message>
        <message>
            <source>Choose a PIN of 4 to 12 digits.</source>
            <translation>请设置 4 至 12 位数字的 PIN。</translation>
        </message>
        <message>
            <source>Type the same PIN again.</source>
            <translation>请再次输入相同的 PIN。</translation>
        </message>
    </context>
    <context>
        <name>Equation</name>
        <message>
            <source>ordered</source>
            <translation>订购</translation>
        </message>
        <message>
            <source>not started</source>
            <translation>未开始</translation>
        </message>
        <message>
            <source>beyond the order</source>
            <translation>超出工单</translation>
        </message>
    </context>
    <context>
        <name>ExportPanel</name>
        <message>
            <source>Export</source>
            <translation>导出</translation>
        </message>
        <message>
            <source>Signed bundle with its own verifier (zip)</source>
            <translation>带独立校验程序的签名证据包（zip）</translation>
        </message>
        <message>
            <source>Tables (CSV) and reports (PDF)</source>
            <translation>表格（CSV）和报告（PDF）</translation>
        </message>
        <message>
            <source>onboard.csv for nRF Cloud's own tools</source>
            <translation>供 nRF Cloud 自带工具使用的 onboard.csv</translation>
        </message>
        <message>
            <source>Folder for the files</source>
            <translation>文件存放文件夹</translation>
        </message>
        <message>
            <source>Choose…</source>
            <translation>选择…</translation>
        </message>
        <message>
            <source>Choose the folder</source>
            <translation>选择文件夹</translation>
        </message>
        <message>
            <source>Reason</source>
            <translation>原因</translation>
        </message>
        <message>
            <source>Needed to print a report again</source>
            <translation>重新打印报告时必填</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>关闭</translation>
        </message>
        <message>
            <source>Open folder</source>
            <translation>打开文件夹</translation>
        </message>
        <message>
            <source>Verify the bundle</source>
            <translation>校验证据包</translation>
        </message>
        <message>
            <source>Folder</source>
            <translation>文件夹</translation>
        </message>
        <message>
            <source>Batch {batch}</source>
            <translation>批次 {batch}</translation>
        </message>
        <message>
            <source>Choose at least one form.</source>
            <translation>请至少选择一种形式。</translation>
        </message>
        <message>
            <source>Name a folder for the files.</source>
            <translation>请指定文件存放的文件夹。</translation>
        </message>
        <message>
            <source>The engine is writing; the line goes on meanwhile.</source>
            <translation>引擎正在写入；产线同时继续运行。</translation>
        </message>
        <message>
            <source>There was nothing to write: no unit here has passed.</source>
            <translation>没有可写入的内容：这里没有合格的单元。</translation>
        </message>
        <message>
            <source>Written: {count} file(s).</source>
            <translation>已写入：{count} 个文件。</translation>
        </message>
    </context>
    <context>
        <name>Fault</name>
        <message>
            <source>An upload of {count} unit(s) was prepared for {account}; the station file's account is {now}. It is neither sent nor asked about with another account's key: put the old one back, or look there, then: station decide</source>
            <translation>{count} 件产品的一次上传是为账户 {account} 准备的；站点文件现在的账户是 {now}。不会用另一账户的密钥发送或查询它：请换回原账户，或到那边查看后执行：station decide</translation>
        </message>
        <message>
            <source>The cloud takes the API key: uploads go on.</source>
            <translation>云端接受 API 密钥：继续上传。</translation>
        </message>
        <message>
            <source>The cloud takes the organisation token: uploads go on.</source>
            <translation>云端接受该组织令牌：上传继续进行。</translation>
        </message>
        <message>
            <source>The cloud's late answer for {device_id}, which was settled without it: {state} ({reason}). It stands as {now} now.</source>
            <translation>{device_id} 已另行处理后，云端才回答：{state}（{reason}）。现在的状态为 {now}。</translation>
        </message>
        <message>
            <source>{count} unit(s) are held: {reason}. Then: station decide</source>
            <translation>{count} 个单元暂缓：{reason}。然后：station decide</translation>
        </message>
        <message>
            <source>The cloud has come to no end with {count} unit(s) for too long; it is asked on. Look for them in the portal, then: station decide</source>
            <translation>云端对 {count} 个单元的处理过久没有结果；仍在继续询问。请在云端门户中查看，然后：station decide</translation>
        </message>
        <message>
            <source>{count} unit(s) can't be claimed: {reason}. Nothing of them was sent. Then: station decide</source>
            <translation>{count} 个单元无法认领：{reason}。没有发送其任何内容。然后：station decide</translation>
        </message>
        <message>
            <source>An upload is asked about again in {seconds} s: {reason}</source>
            <translation>{seconds} 秒后再次询问一次上传的结果：{reason}</translation>
        </message>
        <message>
            <source>An upload is looked for again in {seconds} s: {reason}</source>
            <translation>{seconds} 秒后再次查找一次上传：{reason}</translation>
        </message>
        <message>
            <source>An upload is tried again in {seconds} s: {reason}</source>
            <translation>{seconds} 秒后再次尝试一次上传：{reason}</translation>
        </message>
        <message>
            <source>Uploads wait: {reason}</source>
            <translation>上传等待中：{reason}</translation>
        </message>
        <message>
            <source>The upload waits {seconds} s: {reason}</source>
            <translation>上传等待 {seconds} 秒：{reason}</translation>
        </message>
        <message>
            <source>{by} deleted {what} from the device on {at} UTC. The certificate can't be used until the device is built again.</source>
            <translation>{by} 于 {at} UTC 从设备中删除了{what}。在重新生产该设备之前，此证书不能使用。</translation>
        </message>
        <message>
            <source>{by} was to delete {what} from the device on {at} UTC, and it was gone already. The certificate can't be used until the device is built again.</source>
            <translation>{by} 于 {at} UTC 要从设备中删除{what}，而它已经不在了。在重新生产该设备之前，此证书不能使用。</translation>
        </message>
        <message>
            <source>{by} began to delete {what} from the device on {at} UTC, and nobody saw whether it is gone.</source>
            <translation>{by} 于 {at} UTC 开始从设备中删除{what}，没有人看到它是否已被删除。</translation>
        </message>
        <message>
            <source>{count} checkpoints wait: {why}</source>
            <translation>{count} 个检查点在等待：{why}</translation>
        </message>
        <message>
            <source>Checkpoints wait: the second place {path} doesn't take them ({why}).</source>
            <translation>检查点在等待：第二存放处 {path} 不接收（{why}）。</translation>
        </message>
        <message>
            <source>Every slot is latched and nobody is here to acknowledge: the run ends.</source>
            <translation>所有工位均已锁定，且无人在场解锁：运行结束。</translation>
        </message>
        <message>
            <source>No slot works any more: the run ends. Call the engineer.</source>
            <translation>已没有工位能工作：运行结束。请呼叫工程师。</translation>
        </message>
        <message>
            <source>Every board must be scanned and nobody is here to scan: the run ends.</source>
            <translation>每块板都要扫码，而无人在场扫码：运行结束。</translation>
        </message>
        <message>
            <source>1 unit waits for the cloud; nothing is lost. To send and to follow up, later: station upload</source>
            <translation>有 1 个单元等待上云；没有丢失任何内容。以后发送和跟进：station upload</translation>
        </message>
        <message>
            <source>1 unit waits for the cloud ({why}); nothing is lost. To send and to follow up, later: station upload</source>
            <translation>有 1 个单元等待上云（{why}）；没有丢失任何内容。以后发送和跟进：station upload</translation>
        </message>
        <message>
            <source>{count} units wait for the cloud; nothing is lost. To send and to follow up, later: station upload</source>
            <translation>有 {count} 个单元等待上云；没有丢失任何内容。以后发送和跟进：station upload</translation>
        </message>
        <message>
            <source>{count} units wait for the cloud ({why}); nothing is lost. To send and to follow up, later: station upload</source>
            <translation>有 {count} 个单元等待上云（{why}）；没有丢失任何内容。以后发送和跟进：station upload</translation>
        </message>
        <message>
            <source>The station file names no cloud: finished units wait in the outbox.</source>
            <translation>工站文件没有指定云端：完成的单元在上传队列中等待。</translation>
        </message>
        <message>
            <source>The key is team {team}'s. Write team = &quot;{same}&quot; under [cloud].</source>
            <translation>该密钥属于团队 {team}。请在 [cloud] 下写 team = &quot;{same}&quot;。</translation>
        </message>
        <message>
            <source>The cloud can't be reached ({why}). Team {team} as last confirmed; uploads wait.</source>
            <translation>无法连接云端（{why}）。团队 {team} 以上次确认为准；上传等待中。</translation>
        </message>
        <message>
            <source>The quantity of batch {batch} changes from {before} to {quantity}; {done} are done already.</source>
            <translation>批次 {batch} 的数量由 {before} 改为 {quantity}；已完成 {done}。</translation>
        </message>
        <message>
            <source>This product is flashed before a board says who it is, and no label is scanned: a finished unit that is put into a slot again loses its firmware and its lock, perhaps its credentials, and counts as finished no more.</source>
            <translation>此产品在电路板表明身份之前就烧录，且不扫描标签：已完成的单元若再次放入工位，会失去固件和锁定，可能还会失去凭据，不再计为已完成。</translation>
        </message>
        <message>
            <source>Security: nRF Cloud's page &quot;Security and credentials&quot; calls a key that is made on the device &quot;more secure&quot;: it never leaves it.</source>
            <translation>安全性：nRF Cloud 的页面 &quot;Security and credentials&quot; 称在设备上生成的密钥为 &quot;more secure&quot;（更安全）：它从不离开设备。</translation>
        </message>
        <message>
            <source>Security: nRF Cloud's page &quot;Security and credentials&quot; calls it &quot;most secure&quot; (auto-onboarding): the device makes its cloud key when the cloud asks it. This line shows that a unit is claimed, and can't show that it gets that key.</source>
            <translation>安全性：nRF Cloud 的页面 &quot;Security and credentials&quot; 称其为 &quot;most secure&quot;（最安全，auto-onboarding）：设备在云端要求时才生成其云端密钥。本产线只能证明单元已被认领，不能证明它得到了该密钥。</translation>
        </message>
        <message>
            <source>Security: nRF Cloud's page &quot;Security and credentials&quot; names no level for a bare public key. The key is made on the device, which it calls &quot;more secure&quot;; that it holds for this way too is our reading.</source>
            <translation>安全性：nRF Cloud 的页面 &quot;Security and credentials&quot; 没有给出仅公钥方式的级别。密钥在设备上生成，该页面称之为 &quot;more secure&quot;（更安全）；认为这也适用于此方式，是我们的理解。</translation>
        </message>
        <message>
            <source>Security: nRF Cloud's page &quot;Security and credentials&quot; calls a key that is not made on the device &quot;less secure&quot;: whoever can look into this PC's memory, or listen on the cable, can have it. Only for boards that can't make their own.</source>
            <translation>安全性：nRF Cloud 的页面 &quot;Security and credentials&quot; 称不在设备上生成的密钥为 &quot;less secure&quot;（较不安全）：凡能查看本机内存或监听线缆的人都能得到它。仅用于不能自行生成密钥的电路板。</translation>
        </message>
        <message>
            <source>Security: nRF Cloud's page &quot;Security and credentials&quot; names no level for a key that the application makes. It is made on the device and never leaves it, but is kept in the application's storage, not in a modem: our reading is that it stands between &quot;more secure&quot; and &quot;less secure&quot;.</source>
            <translation>安全性：nRF Cloud 的页面 &quot;Security and credentials&quot; 没有给出由应用程序生成密钥的级别。密钥在设备上生成且从不离开，但保存在应用程序的存储中，而非调制解调器中：我们的理解是它介于 &quot;more secure&quot;（更安全）与 &quot;less secure&quot;（较不安全）之间。</translation>
        </message>
        <message>
            <source>Security: nRF Cloud's page &quot;Security and credentials&quot; names no level for the nRF93M1. Its datasheet says that the key is made on the chip and never leaves it; that this is as good as &quot;more secure&quot; is our reading.</source>
            <translation>安全性：nRF Cloud 的页面 &quot;Security and credentials&quot; 没有给出 nRF93M1 的级别。其数据手册称密钥在芯片上生成且从不离开；认为这与 &quot;more secure&quot;（更安全）相当，是我们的理解。</translation>
        </message>
        <message>
            <source>This PC makes every unit's private key and hands it over a cable. The key is kept nowhere, but nothing can show that nobody saw it: use this only for boards that can't make a key of their own.</source>
            <translation>本机生成每个单元的私钥并通过线缆交给它。密钥不保存在任何地方，但无法证明没有人看到过它：仅用于不能自行生成密钥的电路板。</translation>
        </message>
        <message>
            <source>A modem makes keys of its own from mfw_nrf9160_1.3.0 on, and with every nrf91x1 firmware. Such a one gets its key from here all the same, as the recipe says; the way &quot;certificate&quot; is more secure for it.</source>
            <translation>从 mfw_nrf9160_1.3.0 起以及所有 nrf91x1 固件，调制解调器都能自行生成密钥。按配方所写，此类调制解调器仍由本机提供密钥；对它们而言，方式 &quot;certificate&quot; 更安全。</translation>
        </message>
        <message>
            <source>This product takes modems that can't sign (before mfw_nrf9160_1.3.0). Of such a modem nothing shows which private key it stored, only that it lists one; the unit's record says so.</source>
            <translation>本产品接受不能签名的调制解调器（早于 mfw_nrf9160_1.3.0）。对于此类调制解调器，无法证明它存储了哪个私钥，只能看到它列出了一个私钥；单元的记录中会注明。</translation>
        </message>
        <message>
            <source>No server root is written: the product's own image must have the one that its protocols need, or it trusts nobody.</source>
            <translation>不写入任何服务器根证书：产品自身的映像必须含有其协议所需的根证书，否则它不信任任何服务器。</translation>
        </message>
        <message>
            <source>These units are claimed, not onboarded: each gets its cloud key over the air, when it is first switched on in the field. Whoever has a unit's token before it is claimed may claim it: keep records and backups of these units safe.</source>
            <translation>这些单元只是被认领，尚未上云：每个单元在现场首次开机时才经无线方式得到其云端密钥。在认领之前，谁持有单元的令牌，谁就能认领它：请妥善保管这些单元的记录和备份。</translation>
        </message>
        <message>
            <source>A modem with NTN firmware may refuse the station's challenge. Then nothing shows that its token is fresh, and the unit's record says &quot;not fresh&quot;.</source>
            <translation>使用 NTN 固件的调制解调器可能拒绝本工位的提问。此时无法证明其令牌是新的，单元的记录中会注明“not fresh”。</translation>
        </message>
        <message>
            <source>A unit's onboarding token is good for an hour. One that is not uploaded by then needs a rework for a new one: keep the cloud reachable.</source>
            <translation>单元的上云令牌有效一小时。届时未上传的单元需要返工以获得新令牌：请保持云端可达。</translation>
        </message>
        <message>
            <source>The recipe names no claim tag ([cloud] claim_tags): no provisioning rule applies to these units. They are claimed, and get their cloud key only when somebody tells the cloud so for each.</source>
            <translation>配方没有指定认领标签（[cloud] claim_tags）：没有配置规则适用于这些单元。它们会被认领，但只有当有人逐一告知云端时才会得到云端密钥。</translation>
        </message>
        <message>
            <source>Units go to {project}, as the station file says. The cloud can't be asked whose the token is: whoever arms the batch confirms it.</source>
            <translation>产品将按站点文件送往 {project}。无法向云端查询令牌属于谁：由启动批次的人确认。</translation>
        </message>
        <message>
            <source>The {api} API has no place for the recipe's {columns} beside a {kind}: the cloud will not know them.</source>
            <translation>{api} API 中除 {kind} 外没有位置存放配方中的 {columns}：云端不会知道这些内容。</translation>
        </message>
        <message>
            <source>{count} unit(s) are in uploads for another account ({others}): these wait, and are neither sent nor asked about with this account's key. Put the old station file back for them, or decide about them.</source>
            <translation>有 {count} 件产品在为另一账户（{others}）准备的上传中：它们等待着，不会用此账户的密钥发送或查询。请为它们换回原站点文件，或对它们作出决定。</translation>
        </message>
        <message>
            <source>The organisation API has no place for claim tags: these units get none.</source>
            <translation>组织 API 没有认领标签的位置：这些单元不会带有标签。</translation>
        </message>
        <message>
            <source>Whether a provisioning rule has the claim tags {tags} can't be asked: {why}.</source>
            <translation>无法询问是否有配置规则带有认领标签 {tags}：{why}。</translation>
        </message>
        <message>
            <source>The run has ended. {sentence}</source>
            <translation>运行已结束。{sentence}</translation>
        </message>
        <message>
            <source>The batch stops. {sentence}</source>
            <translation>批次停止。{sentence}</translation>
        </message>
        <message>
            <source>No checkpoint was made: {sentence}</source>
            <translation>未签署检查点：{sentence}</translation>
        </message>
        <message>
            <source>The modem did not answer {command} within {seconds} s; nobody knows whether it did it. Seat the board again and start it once more.</source>
            <extracomment>AT-101</extracomment>
            <translation>调制解调器在 {seconds} 秒内没有应答 {command}；不知道它是否已执行。请重新放好电路板，再开始一次。</translation>
        </message>
        <message>
            <source>Nothing answers at {port}. Check that the board is seated, has power and carries the right firmware; then start it again.</source>
            <extracomment>AT-102</extracomment>
            <translation>{port} 无应答。请检查电路板是否放好、是否有电、固件是否正确；然后重新开始。</translation>
        </message>
        <message>
            <source>The board restarted by itself ({command}). Check its seat and the supply, then start it once more.</source>
            <extracomment>AT-103</extracomment>
            <translation>电路板自行重启（{command}）。请检查其放置和供电，然后再开始一次。</translation>
        </message>
        <message>
            <source>The modem's answer to {command} can't be read. Start the board once more; if it happens again, check the cable.</source>
            <extracomment>AT-104</extracomment>
            <translation>无法读取调制解调器对 {command} 的应答。请重新开始此板；若再次发生，请检查线缆。</translation>
        </message>
        <message>
            <source>The board sends without end instead of answering {command}. Check that it carries the right firmware.</source>
            <extracomment>AT-105</extracomment>
            <translation>电路板不应答 {command}，而是不停地发送数据。请检查其固件是否正确。</translation>
        </message>
        <message>
            <source>The board's firmware lost the modem's answer to {command}; nobody knows whether it was done. Start the board once more.</source>
            <extracomment>AT-106</extracomment>
            <translation>电路板固件丢失了调制解调器对 {command} 的应答；不知道是否已执行。请重新开始此板。</translation>
        </message>
        <message>
            <source>The board's firmware does not take AT commands as the product says ({framing}). Check product and firmware.</source>
            <extracomment>AT-151</extracomment>
            <translation>电路板固件不按产品规定的方式（{framing}）接收 AT 命令。请检查产品和固件。</translation>
        </message>
        <message>
            <source>The text for the modem has {length} bytes, and it takes at most {longest} in one command. Shorten the credential.</source>
            <extracomment>AT-152</extracomment>
            <translation>给调制解调器的文本有 {length} 字节，而一条命令最多 {longest} 字节。请缩短凭据。</translation>
        </message>
        <message>
            <source>The text for the modem holds {what}, which {framing} can't carry. Correct the credential or its name.</source>
            <extracomment>AT-153</extracomment>
            <translation>给调制解调器的文本含有 {what}，{framing} 无法传送。请更正凭据或其名称。</translation>
        </message>
        <message>
            <source>The station made a malformed AT command. Put the board aside and call the engineer.</source>
            <extracomment>AT-154</extracomment>
            <translation>工站生成了格式错误的 AT 命令。请将此板放到一边，并呼叫工程师。</translation>
        </message>
        <message>
            <source>The modem refused to {action} (error {number}). Start the board once more; if it happens again, put it aside.</source>
            <extracomment>AT-201</extracomment>
            <translation>调制解调器拒绝执行：{action}（错误 {number}）。请重新开始此板；若再次发生，请将其放到一边。</translation>
        </message>
        <message>
            <source>The modem refused to {action} and did not say why. Start the board once more; if it happens again, put it aside.</source>
            <extracomment>AT-202</extracomment>
            <translation>调制解调器拒绝执行：{action}，且未说明原因。请重新开始此板；若再次发生，请将其放到一边。</translation>
        </message>
        <message>
            <source>The modem could not {action}: there is nothing in that place. Start the board from the beginning.</source>
            <extracomment>AT-213</extracomment>
            <translation>调制解调器无法执行：{action}；该位置没有内容。请将此板从头开始。</translation>
        </message>
        <message>
            <source>The modem does not allow to {action}: it keeps that place for itself. Correct the product's security tags.</source>
            <extracomment>AT-214</extracomment>
            <translation>调制解调器不允许执行：{action}；该位置由它自己保留。请更正产品的安全标签。</translation>
        </message>
        <message>
            <source>The modem could not {action}: its credential store is full. Have the product clear the old credentials first, then start the board again.</source>
            <extracomment>AT-215</extracomment>
            <translation>调制解调器无法执行：{action}；其凭据存储区已满。请让产品先清除旧凭据，然后重新开始此板。</translation>
        </message>
        <message>
            <source>The modem could not {action}: the board's firmware keeps switching the modem on. Use firmware that leaves it off.</source>
            <extracomment>AT-218</extracomment>
            <translation>调制解调器无法执行：{action}；电路板固件不断打开调制解调器。请使用让它保持关闭的固件。</translation>
        </message>
        <message>
            <source>The modem could not {action}: something is in that place already. Have the product clear the old credentials first, then start the board again.</source>
            <extracomment>AT-219</extracomment>
            <translation>调制解调器无法执行：{action}；该位置已有内容。请让产品先清除旧凭据，然后重新开始此板。</translation>
        </message>
        <message>
            <source>The modem failed to make a key. Start the board once more; if it happens again, put it aside.</source>
            <extracomment>AT-223</extracomment>
            <translation>调制解调器生成密钥失败。请重新开始此板；若再次发生，请将其放到一边。</translation>
        </message>
        <message>
            <source>The modem could not {action}: it says the content is malformed. Check the product's certificates.</source>
            <extracomment>AT-227</extracomment>
            <translation>调制解调器无法执行：{action}；它报告内容格式错误。请检查产品的证书。</translation>
        </message>
        <message>
            <source>The modem could not {action}: its supply is too low. Check the fixture's supply and contacts; trying again as it is won't help.</source>
            <extracomment>AT-228</extracomment>
            <translation>调制解调器无法执行：{action}；其供电电压过低。请检查夹具的供电和触点；不处理就重试没有用。</translation>
        </message>
        <message>
            <source>The board holds another private key than the one that its public key was taken from. Start the board from the beginning; if it happens again, put it aside.</source>
            <extracomment>AT-240</extracomment>
            <translation>电路板持有的私钥与取自它的公钥不匹配。请从头重新开始此板；若再次发生，请将其放到一边。</translation>
        </message>
        <message>
            <source>The board did not store the private key as the station wrote it. Start it once more; if it happens again, put it aside.</source>
            <extracomment>AT-241</extracomment>
            <translation>电路板存储的私钥与工位写入的不一致。请重新开始此板；若再次发生，请将其放到一边。</translation>
        </message>
        <message>
            <source>The board's firmware has too little room to take a credential of {length} bytes. Have it built with a larger CONFIG_TLS_CREDENTIALS_SHELL_CRED_BUF_SIZE.</source>
            <extracomment>AT-242</extracomment>
            <translation>电路板固件的空间太小，装不下 {length} 字节的凭据。请用更大的 CONFIG_TLS_CREDENTIALS_SHELL_CRED_BUF_SIZE 重新构建固件。</translation>
        </message>
        <message>
            <source>The board's firmware has no shell command {command}. Check product and firmware: it needs {option}.</source>
            <extracomment>AT-243</extracomment>
            <translation>电路板固件没有 shell 命令 {command}。请检查产品和固件：它需要 {option}。</translation>
        </message>
        <message>
            <source>The modem did not take the time: {why}. Start the board once more; if it happens again, put it aside.</source>
            <extracomment>AT-244</extracomment>
            <translation>调制解调器未接受时间：{why}。请重新开始此板；若再次发生，请将其放到一边。</translation>
        </message>
        <message>
            <source>This modem carries a production test firmware ({text}). Program its modem firmware, then start it again.</source>
            <extracomment>AT-301</extracomment>
            <translation>此调制解调器装的是生产测试固件（{text}）。请烧录其调制解调器固件，然后重新开始。</translation>
        </message>
        <message>
            <source>This modem's firmware ({text}) is not known to the station. Check that it is the right board.</source>
            <extracomment>AT-302</extracomment>
            <translation>工站不认识此调制解调器的固件（{text}）。请检查电路板是否正确。</translation>
        </message>
        <message>
            <source>This modem's firmware ({text}) is too old: {family} needs {minimum} or newer. Program its modem firmware, then start the board again.</source>
            <extracomment>AT-303</extracomment>
            <translation>此调制解调器的固件（{text}）太旧：{family} 需要 {minimum} 或更新版本。请烧录其调制解调器固件，然后重新开始此板。</translation>
        </message>
        <message>
            <source>This product is not built on modem firmware {family} ({text}). Check that it is the right board.</source>
            <extracomment>AT-304</extracomment>
            <translation>此产品不使用调制解调器固件 {family}（{text}）。请检查电路板是否正确。</translation>
        </message>
        <message>
            <source>This modem has no IMEI. Put the board aside.</source>
            <extracomment>AT-305</extracomment>
            <translation>此调制解调器没有 IMEI。请将此板放到一边。</translation>
        </message>
        <message>
            <source>This modem carries {text}, and the product is for an nRF93M1. Check that it is the right board.</source>
            <extracomment>AT-306</extracomment>
            <translation>此调制解调器装的是 {text}，而产品是为 nRF93M1 设计的。请检查电路板是否正确。</translation>
        </message>
        <message>
            <source>{path} is no whole backup of a station ({reason}). Nothing was made. Take another copy of it, or an earlier backup.</source>
            <extracomment>BAK-101</extracomment>
            <translation>{path} 不是完整的工站备份（{reason}）。未建立任何内容。请换一份副本，或使用更早的备份。</translation>
        </message>
        <message>
            <source>{path} is a backup of version {found}; this program knows version {known}. Restore it with the program that is as new as it. Nothing was made.</source>
            <extracomment>BAK-102</extracomment>
            <translation>{path} 是版本 {found} 的备份；本程序只认版本 {known}。请用与其同样新的程序恢复。未建立任何内容。</translation>
        </message>
        <message>
            <source>{path} is not the backup for which you gave a key or a checkpoint ({reason}). Nothing was made.</source>
            <extracomment>BAK-103</extracomment>
            <translation>{path} 与您所给的密钥或检查点不符（{reason}）。未建立任何内容。</translation>
        </message>
        <message>
            <source>The backup was read back and does not hold ({reason}), so it was taken away again; the station itself is as it was. Run: station verify {folder}, and call the engineer.</source>
            <extracomment>BAK-104</extracomment>
            <translation>备份回读后不成立（{reason}），已被删除；工站本身没有变化。请运行：station verify {folder}，并呼叫工程师。</translation>
        </message>
        <message>
            <source>{path} holds a private key that is not encrypted. It can't go into a backup, so none was made. Take it away.</source>
            <extracomment>BAK-105</extracomment>
            <translation>{path} 含有未加密的私钥。它不能进入备份，因此没有建立备份。请将其移走。</translation>
        </message>
        <message>
            <source>{folder} is there already and not empty. Nothing is overwritten: name a folder that does not exist yet.</source>
            <extracomment>BAK-106</extracomment>
            <translation>{folder} 已存在且不为空。不会覆盖任何内容：请指定一个尚不存在的文件夹。</translation>
        </message>
        <message>
            <source>The station file in the backup can't be used at another place ({reason}). Nothing was made. Write its paths relative to it, each as one line, and back up again; or have an engineer lay the files out by hand.</source>
            <extracomment>BAK-107</extracomment>
            <translation>备份中的工站文件不能在别处使用（{reason}）。未建立任何内容。请把其中的路径写成相对路径，每个一行，然后重新备份；或由工程师手工布置文件。</translation>
        </message>
        <message>
            <source>The journal is of an older station, and was not brought up to date, since no whole copy of it could be kept before ({reason}). Nothing was changed: the older station works on with it. Mend that, then start again.</source>
            <extracomment>BAK-108</extracomment>
            <translation>日志来自较旧的工站，且未升级，因为无法先保留一份完整的副本（{reason}）。未作任何更改：旧工站仍可继续使用它。请先排除此问题，再重新启动。</translation>
        </message>
        <message>
            <source>{folder} already exists, and a CA is never overwritten. Name another folder, or use the CA that is there.</source>
            <extracomment>CA-101</extracomment>
            <translation>{folder} 已存在，而 CA 绝不会被覆盖。请指定另一个文件夹，或使用已有的 CA。</translation>
        </message>
        <message>
            <source>This passphrase can't protect the CA: {reason}. Choose another one.</source>
            <extracomment>CA-102</extracomment>
            <translation>此口令不能保护 CA：{reason}。请另选一个。</translation>
        </message>
        <message>
            <source>The passphrase does not open {path}. Type it again; if you are sure of it, the file is damaged: restore it from the backup.</source>
            <extracomment>CA-103</extracomment>
            <translation>口令打不开 {path}。请重新输入；若确信口令正确，则文件已损坏：请从备份恢复。</translation>
        </message>
        <message>
            <source>The files in {folder} are not those of one CA: {reason}. Restore the folder from the backup.</source>
            <extracomment>CA-104</extracomment>
            <translation>{folder} 中的文件不属于同一个 CA：{reason}。请从备份恢复该文件夹。</translation>
        </message>
        <message>
            <source>The CA in {folder} was made by another version of this program. Install the version that made it, or a newer one.</source>
            <extracomment>CA-105</extracomment>
            <translation>{folder} 中的 CA 由本程序的另一版本建立。请安装建立它的版本或更新的版本。</translation>
        </message>
        <message>
            <source>{path} is not protected by a passphrase, so anybody with the file could sign. Restore the file from the backup; if this is the CA's real key, retire the CA.</source>
            <extracomment>CA-106</extracomment>
            <translation>{path} 没有口令保护，任何拿到该文件的人都能签名。请从备份恢复该文件；如果这是 CA 真正的密钥，请停用该 CA。</translation>
        </message>
        <message>
            <source>No CA is made this way: {reason}. Correct it and start again.</source>
            <extracomment>CA-107</extracomment>
            <translation>不能这样建立 CA：{reason}。请改正后重新开始。</translation>
        </message>
        <message>
            <source>{folder} holds something else than this CA already, and no copy is ever overwritten. Choose another folder.</source>
            <extracomment>CA-108</extracomment>
            <translation>{folder} 中已有此 CA 以外的内容，而副本绝不会被覆盖。请选择另一个文件夹。</translation>
        </message>
        <message>
            <source>What was written to {folder} is not what was read back ({name}). Take another disk: this one can't be relied on.</source>
            <extracomment>CA-109</extracomment>
            <translation>写入 {folder} 的内容与回读的不一致（{name}）。请换一块磁盘：这块不可靠。</translation>
        </message>
        <message>
            <source>This PC's clock says {now}, but the CA only began at {begin}. Set the clock; nothing is signed before.</source>
            <extracomment>CA-201</extracomment>
            <translation>本机时钟为 {now}，但 CA 从 {begin} 才开始有效。请校准时钟；在此之前不签发任何证书。</translation>
        </message>
        <message>
            <source>This PC's clock says {now}, but the journal's last entry is from {latest}. Set the clock; if the clock is right and that entry is wrong, declare a clock correction. Nothing is signed before.</source>
            <extracomment>CA-202</extracomment>
            <translation>本机时钟为 {now}，但日志的最后一条是 {latest}。请校准时钟；若时钟正确而该条有误，请登记时钟更正。在此之前不签发任何证书。</translation>
        </message>
        <message>
            <source>This PC's clock jumped ahead by {seconds} s and now says {now}. Set the clock; if it is right now, end the run and start it again. Nothing is signed before.</source>
            <extracomment>CA-203</extracomment>
            <translation>本机时钟向前跳了 {seconds} 秒，现为 {now}。请校准时钟；若现在正确，请结束本次运行并重新开始。在此之前不签发任何证书。</translation>
        </message>
        <message>
            <source>The CA ended at {end}, and this PC's clock says {now}. Set the clock if it is wrong; else have a new CA made.</source>
            <extracomment>CA-204</extracomment>
            <translation>CA 已于 {end} 到期，本机时钟为 {now}。若时钟有误请校准；否则请建立新的 CA。</translation>
        </message>
        <message>
            <source>This PC's clock says {now}, which can't be. Set the clock before a CA is made.</source>
            <extracomment>CA-205</extracomment>
            <translation>本机时钟为 {now}，这不可能。请先校准时钟，再建立 CA。</translation>
        </message>
        <message>
            <source>A certificate for this key was begun under another CA. Clear the unit's credentials and start it again, so that it makes a new key.</source>
            <extracomment>CA-211</extracomment>
            <translation>此密钥的证书是在另一个 CA 下开始的。请清除该单元的凭据并重新开始，使其生成新密钥。</translation>
        </message>
        <message>
            <source>The certificate for this key was given up earlier, and a key is certified only once. Clear the unit's credentials and start it again, so that it makes a new key.</source>
            <extracomment>CA-212</extracomment>
            <translation>此密钥的证书此前已放弃，而一个密钥只能认证一次。请清除该单元的凭据并重新开始，使其生成新密钥。</translation>
        </message>
        <message>
            <source>The journal's certificate for {device_id} is not for this device and key. Stop the line and call the engineer.</source>
            <extracomment>CA-213</extracomment>
            <translation>日志中 {device_id} 的证书不属于此设备和密钥。请停止产线并呼叫工程师。</translation>
        </message>
        <message>
            <source>A certificate came out otherwise than it must ({reason}); it was not released. Call the engineer.</source>
            <extracomment>CA-901</extracomment>
            <translation>签出的证书与规定不符（{reason}）；未予发放。请呼叫工程师。</translation>
        </message>
        <message>
            <source>The CA was asked for something that can't be: {reason}.</source>
            <extracomment>CA-902</extracomment>
            <translation>向 CA 提出了不可能的要求：{reason}。</translation>
        </message>
        <message>
            <source>The cloud's address {url} can't be used: {why}. Correct it in the station file.</source>
            <extracomment>CLD-101</extracomment>
            <translation>云端地址 {url} 不能使用：{why}。请在工站文件中更正。</translation>
        </message>
        <message>
            <source>The cloud's API key or token is empty or holds a blank, a line break or another character no key has. Store it again.</source>
            <extracomment>CLD-102</extracomment>
            <translation>云端的 API 密钥或令牌为空，或含有空格、换行或密钥中不会有的其他字符。请重新保存。</translation>
        </message>
        <message>
            <source>The CA bundle {path} can't be used. Name a readable file of PEM certificates in the station file.</source>
            <extracomment>CLD-103</extracomment>
            <translation>CA 证书包 {path} 不能使用。请在工站文件中指定一个可读的 PEM 证书文件。</translation>
        </message>
        <message>
            <source>The proxy's address can't be used: {why}. Correct it in the station file.</source>
            <extracomment>CLD-104</extracomment>
            <translation>代理地址不能使用：{why}。请在工站文件中更正。</translation>
        </message>
        <message>
            <source>The cloud's time limits must be above zero. Correct the station file.</source>
            <extracomment>CLD-105</extracomment>
            <translation>云端的时限必须大于零。请更正工站文件。</translation>
        </message>
        <message>
            <source>The cloud would not take the row of {device_id}: {why}. Correct the recipe or call an engineer.</source>
            <extracomment>CLD-111</extracomment>
            <translation>云端不会接受 {device_id} 这一行：{why}。请更正配方或呼叫工程师。</translation>
        </message>
        <message>
            <source>These rows can't go to the cloud in one body: {why}. Call an engineer.</source>
            <extracomment>CLD-112</extracomment>
            <translation>这些行不能一次发送到云端：{why}。请呼叫工程师。</translation>
        </message>
        <message>
            <source>The API key or token was about to go to another address and was held back. Call an engineer.</source>
            <extracomment>CLD-190</extracomment>
            <translation>API 密钥或令牌险些被发往其他地址，已被拦下。请呼叫工程师。</translation>
        </message>
        <message>
            <source>The modem's answer to key generation can't be read: {reason}. Try the unit again; if this repeats on other units too, check the serial cable and the fixture's contacts.</source>
            <extracomment>CRED-101</extracomment>
            <translation>无法读取调制解调器对密钥生成的应答：{reason}。请重试此单元；若其他单元也重复发生，请检查串口线和夹具触点。</translation>
        </message>
        <message>
            <source>The certificate request is not the one the modem vouches for: it was changed or damaged on its way. Try the unit again; if this repeats, keep it aside for an engineer.</source>
            <extracomment>CRED-102</extracomment>
            <translation>证书请求与调制解调器所担保的不符：它在传送途中被更改或损坏。请重试此单元；若重复发生，请留给工程师处理。</translation>
        </message>
        <message>
            <source>The modem answered with a bare public key where a certificate request was asked for. Try the unit again.</source>
            <extracomment>CRED-103</extracomment>
            <translation>要求的是证书请求，调制解调器却只回答了公钥。请重试此单元。</translation>
        </message>
        <message>
            <source>The key was made by modem {found}, but this slot holds modem {expected}. Check that no board was swapped and that the slot's cables lead to the right port, then try again.</source>
            <extracomment>CRED-104</extracomment>
            <translation>密钥由调制解调器 {found} 生成，但此工位中是 {expected}。请检查是否换错了板，工位的线缆是否接到正确的端口，然后重试。</translation>
        </message>
        <message>
            <source>The modem made the key under security tag {found}, not {expected} as asked. Try the unit again.</source>
            <extracomment>CRED-105</extracomment>
            <translation>调制解调器把密钥生成在安全标签 {found} 下，而不是所要求的 {expected}。请重试此单元。</translation>
        </message>
        <message>
            <source>The modem's statement is not signed by the identity key known for it. Keep the unit aside for an engineer.</source>
            <extracomment>CRED-106</extracomment>
            <translation>调制解调器的声明不是由已知的身份密钥签名的。请将此单元留给工程师处理。</translation>
        </message>
        <message>
            <source>The modem answered with a certificate request where a bare public key was asked for. Try the unit again.</source>
            <extracomment>CRED-107</extracomment>
            <translation>要求的是仅公钥，调制解调器却回答了证书请求。请重试此单元。</translation>
        </message>
        <message>
            <source>The modem's certificate request can't be read: {reason}. Try the unit again; if this repeats, keep it aside for an engineer.</source>
            <extracomment>CRED-111</extracomment>
            <translation>无法读取调制解调器的证书请求：{reason}。请重试此单元；若重复发生，请留给工程师处理。</translation>
        </message>
        <message>
            <source>The certificate request holds a key of another kind than EC P-256, which is all this station signs. Keep the unit aside for an engineer.</source>
            <extracomment>CRED-112</extracomment>
            <translation>证书请求中的密钥不是 EC P-256，而本工站只为这一种签名。请将此单元留给工程师处理。</translation>
        </message>
        <message>
            <source>The certificate request's subject is refused: {reason}. Keep the unit aside for an engineer.</source>
            <extracomment>CRED-113</extracomment>
            <translation>证书请求的主体被拒绝：{reason}。请将此单元留给工程师处理。</translation>
        </message>
        <message>
            <source>The certificate request is not signed by its own key, so nothing shows that the modem has that key. Try the unit again; if this repeats, keep it aside for an engineer.</source>
            <extracomment>CRED-114</extracomment>
            <translation>证书请求不是由其自身的密钥签名的，因此无法证明调制解调器持有该密钥。请重试此单元；若重复发生，请留给工程师处理。</translation>
        </message>
        <message>
            <source>The certificate request names {found}, but this unit is {expected}. Try the unit again; if this repeats, keep it aside for an engineer.</source>
            <extracomment>CRED-115</extracomment>
            <translation>证书请求中的名称是 {found}，但此单元是 {expected}。请重试此单元；若重复发生，请留给工程师处理。</translation>
        </message>
        <message>
            <source>The modem's attestation token can't be read: {reason}. Try the unit again; if this repeats on other units too, check the serial cable and the fixture's contacts.</source>
            <extracomment>CRED-121</extracomment>
            <translation>无法读取调制解调器的认证令牌：{reason}。请重试此单元；若其他单元也重复发生，请检查串口线和夹具触点。</translation>
        </message>
        <message>
            <source>The attestation token does not answer the question just asked. Try the unit again.</source>
            <extracomment>CRED-122</extracomment>
            <translation>认证令牌回答的不是刚才的询问。请重试此单元。</translation>
        </message>
        <message>
            <source>The attestation token is modem {found}'s, but this slot holds modem {expected}. Check that no board was swapped and that the slot's cables lead to the right port, then try again.</source>
            <extracomment>CRED-123</extracomment>
            <translation>认证令牌属于调制解调器 {found}，而此工位上是调制解调器 {expected}。请检查是否换了电路板，以及工位线缆是否接到正确的端口，然后重试。</translation>
        </message>
        <message>
            <source>The modem's proof of its key (JWT) can't be read: {reason}. Try the unit again; if this repeats on other units too, check the serial cable and the fixture's contacts.</source>
            <extracomment>CRED-131</extracomment>
            <translation>无法读取调制解调器的密钥证明（JWT）：{reason}。请重试此单元；若其他单元也重复发生，请检查串口线和夹具触点。</translation>
        </message>
        <message>
            <source>The modem's proof of its key (JWT) is not signed with ES256, the only way a modem signs. Keep the unit aside for an engineer.</source>
            <extracomment>CRED-132</extracomment>
            <translation>调制解调器的密钥证明（JWT）不是用 ES256 签名的，而调制解调器只用这种方式签名。请将此单元留给工程师处理。</translation>
        </message>
        <message>
            <source>The key in the modem does not belong to the certificate written to it. Try the unit again from its start; if this repeats, keep it aside for an engineer.</source>
            <extracomment>CRED-133</extracomment>
            <translation>调制解调器中的密钥与写入的证书不匹配。请将此单元从头重试；若重复发生，请留给工程师处理。</translation>
        </message>
        <message>
            <source>The modem's proof of its key (JWT) names another {claim} than asked for. Try the unit again.</source>
            <extracomment>CRED-134</extracomment>
            <translation>调制解调器的密钥证明（JWT）中的 {claim} 与所要求的不同。请重试此单元。</translation>
        </message>
        <message>
            <source>The modem's proof of its key (JWT) was not made now by the station's clock: {reason}. Check this PC's date and time, then try the unit again.</source>
            <extracomment>CRED-135</extracomment>
            <translation>按工站时钟，调制解调器的密钥证明（JWT）不是现在生成的：{reason}。请检查本机日期和时间，然后重试此单元。</translation>
        </message>
        <message>
            <source>The registration token that the modem signed can't be used: {reason}. Try the unit again; if this repeats, keep it aside for an engineer.</source>
            <extracomment>CRED-136</extracomment>
            <translation>调制解调器签名的注册令牌无法使用：{reason}。请重试此单元；若重复发生，请将其留给工程师处理。</translation>
        </message>
        <message>
            <source>{source} is no clean certificate file (PEM): {reason}. Put the right file in its place.</source>
            <extracomment>CRED-141</extracomment>
            <translation>{source} 不是合格的证书文件（PEM）：{reason}。请换上正确的文件。</translation>
        </message>
        <message>
            <source>{source} holds a private key, which must never be there. Take the key out, and treat it as known to others.</source>
            <extracomment>CRED-142</extracomment>
            <translation>{source} 含有私钥，而那里绝不能有私钥。请取出该密钥，并视其为已泄露。</translation>
        </message>
        <message>
            <source>This is no text of %KEYGEN or %ATTESTTOKEN: {reason}. Copy all that stands between the quotes, and nothing else.</source>
            <extracomment>CRED-151</extracomment>
            <translation>这不是 %KEYGEN 或 %ATTESTTOKEN 的文本：{reason}。请复制引号之间的全部内容，不要多也不要少。</translation>
        </message>
        <message>
            <source>{source} is no private key that signs ES256 (EC P-256, PEM): {reason}. Name the right file.</source>
            <extracomment>CRED-152</extracomment>
            <translation>{source} 不是能以 ES256 签名的私钥（EC P-256，PEM）：{reason}。请指定正确的文件。</translation>
        </message>
        <message>
            <source>The private key in {source} is under a passphrase, {why}. Give the right one: in a file that only you can read, in an environment variable, or when you are asked for it.</source>
            <extracomment>CRED-153</extracomment>
            <translation>{source} 中的私钥受口令保护，{why}。请给出正确的口令：放在只有您能读取的文件中、放在环境变量中，或在询问时输入。</translation>
        </message>
        <message>
            <source>{source} is neither a public key nor a certificate of the kind EC P-256 (PEM): {reason}. Name the right file.</source>
            <extracomment>CRED-154</extracomment>
            <translation>{source} 既不是 EC P-256 公钥，也不是 EC P-256 证书（PEM）：{reason}。请指定正确的文件。</translation>
        </message>
        <message>
            <source>The port {port} is not there. Check the board's seat, the cable and the fixture file.</source>
            <extracomment>DEV-101</extracomment>
            <translation>端口 {port} 不存在。请检查电路板的放置、线缆和夹具文件。</translation>
        </message>
        <message>
            <source>Another program uses the port {port}. Close it (terminal, modem manager), then go on.</source>
            <extracomment>DEV-102</extracomment>
            <translation>另一个程序正在使用端口 {port}。请关闭它（终端、调制解调器管理程序），然后继续。</translation>
        </message>
        <message>
            <source>You may not use the port {port}. Add this user to the group that owns it, then log in again.</source>
            <extracomment>DEV-103</extracomment>
            <translation>您无权使用端口 {port}。请将此用户加入拥有该端口的组，然后重新登录系统。</translation>
        </message>
        <message>
            <source>The port {port} can't be opened. Check its name and settings in the fixture file.</source>
            <extracomment>DEV-104</extracomment>
            <translation>端口 {port} 无法打开。请检查夹具文件中的名称和设置。</translation>
        </message>
        <message>
            <source>The port {port} vanished while it was in use: the board was taken out, or a cable is loose. Put it back, then go on.</source>
            <extracomment>DEV-105</extracomment>
            <translation>端口 {port} 在使用中消失：板被取出，或线缆松动。请放回，然后继续。</translation>
        </message>
        <message>
            <source>The port {port} takes no data. Check the flow control setting in the fixture file, and the cable.</source>
            <extracomment>DEV-106</extracomment>
            <translation>端口 {port} 不接收数据。请检查夹具文件中的流控设置和线缆。</translation>
        </message>
        <message>
            <source>Whether a board is at {port} can't be seen from its port. Let the fixture file say that this slot starts by scan.</source>
            <extracomment>DEV-107</extracomment>
            <translation>从 {port} 的端口看不出是否有板。请在夹具文件中设定此工位由扫码开始。</translation>
        </message>
        <message>
            <source>The probe {probe} is there, but has no serial port VCOM{index}; it has {count}. Correct `port` in the fixture file, or switch the probe's virtual serial ports on (J-Link Configurator).</source>
            <extracomment>DEV-110</extracomment>
            <translation>调试器 {probe} 已连接，但没有串口 VCOM{index}；它有 {count} 个。请更正夹具文件中的 `port`，或打开调试器的虚拟串口（J-Link Configurator）。</translation>
        </message>
        <message>
            <source>The power of this slot could not be switched {state}. Check the power switch and its program.</source>
            <extracomment>DEV-201</extracomment>
            <translation>此工位的电源无法切换（{state}）。请检查电源开关及其程序。</translation>
        </message>
        <message>
            <source>This slot's power can't be switched by the station. Change the product, or give the slot a power switch.</source>
            <extracomment>DEV-202</extracomment>
            <translation>工站无法切换此工位的电源。请更换产品，或为工位配备电源开关。</translation>
        </message>
        <message>
            <source>This slot has no programmer, and the product wants to {action}. Change the product, or use another fixture.</source>
            <extracomment>DEV-301</extracomment>
            <translation>此工位没有编程器，而产品需要：{action}。请更换产品，或使用另一个夹具。</translation>
        </message>
        <message>
            <source>The programmer {probe} can't be reached. Check that it is connected and switched on.</source>
            <extracomment>DEV-302</extracomment>
            <translation>无法连接编程器 {probe}。请检查它是否已连接并通电。</translation>
        </message>
        <message>
            <source>The programmer {probe} stopped answering while it should {action}; the board may be half programmed. Check the programmer, then start the board again.</source>
            <extracomment>DEV-303</extracomment>
            <translation>编程器 {probe} 在执行“{action}”时停止应答；板可能只烧录了一半。请检查编程器，然后重新开始此板。</translation>
        </message>
        <message>
            <source>The programmer {probe} gave an answer that can't be read. Start the board again; if it happens again, call the engineer.</source>
            <extracomment>DEV-304</extracomment>
            <translation>无法读取编程器 {probe} 的应答。请重新开始此板；若再次发生，请呼叫工程师。</translation>
        </message>
        <message>
            <source>The programmer could not {action} this board: {why}. Seat the board again and start it once more.</source>
            <extracomment>DEV-305</extracomment>
            <translation>编程器无法对此板执行“{action}”：{why}。请重新放好电路板，再开始一次。</translation>
        </message>
        <message>
            <source>The board does not hold the image that was programmed. Start it once more; if it happens again, put it aside.</source>
            <extracomment>DEV-306</extracomment>
            <translation>板中的内容与所烧录的映像不一致。请再开始一次；若再次发生，请将其放到一边。</translation>
        </message>
        <message>
            <source>The image {path} is not the one this product was approved with: it has SHA-256 {found}, approved is {pinned}. Put the right file back.</source>
            <extracomment>DEV-307</extracomment>
            <translation>映像 {path} 不是此产品放行时所用的映像：其 SHA-256 为 {found}，放行的是 {pinned}。请放回正确的文件。</translation>
        </message>
        <message>
            <source>The programmer sees no powered board in this slot. Check its seat and supply, then start it once more.</source>
            <extracomment>DEV-308</extracomment>
            <translation>编程器在此工位中没有检测到通电的板。请检查其放置和供电，然后再开始一次。</translation>
        </message>
        <message>
            <source>The programmer {probe} could not {action}: {why}. Mend that, then start the board again.</source>
            <extracomment>DEV-309</extracomment>
            <translation>编程器 {probe} 无法执行“{action}”：{why}。请排除该问题，然后重新开始此板。</translation>
        </message>
        <message>
            <source>The programmers of this line need {tool}, and {why}. Install it: {how}</source>
            <extracomment>DEV-310</extracomment>
            <translation>本产线的编程器需要 {tool}，而 {why}。请安装：{how}</translation>
        </message>
        <message>
            <source>SEGGER's J-Link software is not on this PC, or too old. Install the newest J-Link Software and Documentation Pack from www.segger.com/downloads/jlink, or name its library in the station file (tools, jlink); then go on.</source>
            <extracomment>DEV-311</extracomment>
            <translation>本机没有 SEGGER 的 J-Link 软件，或版本太旧。请从 www.segger.com/downloads/jlink 安装最新的 J-Link Software and Documentation Pack，或在工站文件（tools, jlink）中指定其库文件；然后继续。</translation>
        </message>
        <message>
            <source>This board is locked against programmers. Put it aside. Only a product with a recover step opens it again, and that erases everything on it.</source>
            <extracomment>DEV-312</extracomment>
            <translation>此板已锁定，编程器无法访问。请将其放到一边。只有带恢复步骤的产品才能重新打开它，而这会擦除板上全部内容。</translation>
        </message>
        <message>
            <source>The chip on this board ({found}) is not the one that the product is made for ({expected}). Put it aside, and check product and boards.</source>
            <extracomment>DEV-313</extracomment>
            <translation>此板上的芯片（{found}）不是产品所用的芯片（{expected}）。请将其放到一边，并检查产品和电路板。</translation>
        </message>
        <message>
            <source>The program that drives the programmer {probe} came to no end while it should {action}: {why}. The board may be half done; start it again.</source>
            <extracomment>DEV-314</extracomment>
            <translation>驱动编程器 {probe} 的程序在执行“{action}”时没有正常结束：{why}。板可能只完成了一半；请重新开始。</translation>
        </message>
        <message>
            <source>The programmer {probe} is not plugged in. Check its cable, and its serial number in the fixture file.</source>
            <extracomment>DEV-315</extracomment>
            <translation>编程器 {probe} 未插入。请检查其线缆，以及夹具文件中的序列号。</translation>
        </message>
        <message>
            <source>The programmer reaches no chip on this board: {why}. Seat the board again and start it once more.</source>
            <extracomment>DEV-316</extracomment>
            <translation>编程器在此板上连接不到芯片：{why}。请重新放好电路板，再开始一次。</translation>
        </message>
        <message>
            <source>{tool} should {action} and said something that can't be read; nobody knows whether it was done. Start the board again; if it happens again, call the engineer.</source>
            <extracomment>DEV-317</extracomment>
            <translation>{tool} 在执行“{action}”时的输出无法读取；不知道是否已完成。请重新开始此板；若再次发生，请呼叫工程师。</translation>
        </message>
        <message>
            <source>The programmer could not recover this board: {why}. Seat it again and start it once more.</source>
            <extracomment>DEV-318</extracomment>
            <translation>编程器无法恢复此板：{why}。请重新放好，再开始一次。</translation>
        </message>
        <message>
            <source>The modem firmware could not be programmed: {why}. Start the board once more; if it stops there again, put it aside: then a solder fault at the chip's reserved pins is probable.</source>
            <extracomment>DEV-319</extracomment>
            <translation>无法烧录调制解调器固件：{why}。请再开始一次；若再次停在此处，请将其放到一边：很可能是芯片保留引脚焊接不良。</translation>
        </message>
        <message>
            <source>This board is not locked as it should be: {why}. Put it aside.</source>
            <extracomment>DEV-320</extracomment>
            <translation>此板未按要求锁定：{why}。请将其放到一边。</translation>
        </message>
        <message>
            <source>{tool} does not {action}. Change the product, or give the slot another programmer in the fixture file.</source>
            <extracomment>DEV-321</extracomment>
            <translation>{tool} 不能执行“{action}”。请更换产品，或在夹具文件中为该工位指定另一种编程器。</translation>
        </message>
        <message>
            <source>This version of {tool} does not take {options}, without which it might {what}; nothing was done. Install another version of it, or let the fixture file say programmer = &quot;nrfjprog&quot;.</source>
            <extracomment>DEV-322</extracomment>
            <translation>此版本的 {tool} 不支持 {options}，而没有它可能会 {what}；未作任何操作。请安装其他版本，或在夹具文件中写 programmer = &quot;nrfjprog&quot;。</translation>
        </message>
        <message>
            <source>The image {path} is no Intel HEX file: {why}. Get the file from its maker once more.</source>
            <extracomment>DEV-330</extracomment>
            <translation>映像 {path} 不是 Intel HEX 文件：{why}。请向制作者重新获取该文件。</translation>
        </message>
        <message>
            <source>The image {path} holds nothing to program. Get the file from its maker once more.</source>
            <extracomment>DEV-331</extracomment>
            <translation>映像 {path} 中没有可烧录的内容。请向制作者重新获取该文件。</translation>
        </message>
        <message>
            <source>The image {path} has no end record: a part of it is missing. Copy the file once more.</source>
            <extracomment>DEV-332</extracomment>
            <translation>映像 {path} 没有结束记录：缺少一部分。请重新复制该文件。</translation>
        </message>
        <message>
            <source>The image {path} has data for {address}, which is neither flash nor UICR of an nRF91. Check that it is the product's image, made for this chip.</source>
            <extracomment>DEV-333</extracomment>
            <translation>映像 {path} 含有地址 {address} 的数据，该地址既不属于 nRF91 的闪存也不属于 UICR。请检查它是否为本产品的映像、是否为此芯片制作。</translation>
        </message>
        <message>
            <source>The image {path} holds no program that could start: {why}. Take the merged image of the build (merged.hex).</source>
            <extracomment>DEV-334</extracomment>
            <translation>映像 {path} 中没有可启动的程序：{why}。请使用构建生成的合并映像（merged.hex）。</translation>
        </message>
        <message>
            <source>The file {path} is no modem firmware package as Nordic ships it: {why}. Get the package from Nordic once more.</source>
            <extracomment>DEV-335</extracomment>
            <translation>文件 {path} 不是 Nordic 发布的调制解调器固件包：{why}。请向 Nordic 重新获取固件包。</translation>
        </message>
        <message>
            <source>The modem firmware {path} is for {found}, and this product's chip is {expected}. Put the right package there.</source>
            <extracomment>DEV-336</extracomment>
            <translation>调制解调器固件 {path} 适用于 {found}，而本产品的芯片是 {expected}。请换上正确的固件包。</translation>
        </message>
        <message>
            <source>The image {path} sets ERASEPROTECT, which can never be undone, not even by a recovery. Have it built without; if the product needs it, a step &quot;lock&quot; says so in the recipe.</source>
            <extracomment>DEV-337</extracomment>
            <translation>映像 {path} 设置了 ERASEPROTECT，该设置永远无法撤销，恢复也不行。请重新构建不含此设置的映像；若产品需要，请在配方中用步骤 &quot;lock&quot; 写明。</translation>
        </message>
        <message>
            <source>The image {path} is too big: {why}. Check that it is the product's image.</source>
            <extracomment>DEV-338</extracomment>
            <translation>映像 {path} 太大：{why}。请检查它是否为本产品的映像。</translation>
        </message>
        <message>
            <source>There is no folder whose path has plain letters alone, as probes' programs need it (tried {tried}). Let the station file name such a data folder.</source>
            <extracomment>DEV-339</extracomment>
            <translation>没有路径只含普通字母的文件夹，而调试器的程序需要它（已尝试 {tried}）。请在工站文件中指定这样的数据文件夹。</translation>
        </message>
        <message>
            <source>The image {path} begins at {begins}, and with it flashed the board would never start: {why}. {mend}</source>
            <extracomment>DEV-340</extracomment>
            <translation>映像 {path} 从 {begins} 开始，烧录后板将永远无法启动：{why}。{mend}</translation>
        </message>
        <message>
            <source>The image {path} writes the UICR at {address}, and erase = &quot;touched&quot; does not erase that: {why}, so its verification would fail. Write erase = &quot;all&quot; for this image in the recipe, or take one without UICR data.</source>
            <extracomment>DEV-341</extracomment>
            <translation>映像 {path} 在 {address} 写入 UICR，而 erase = &quot;touched&quot; 不会擦除它：{why}，因此校验会失败。请在配方中为此映像写 erase = &quot;all&quot;，或使用不含 UICR 数据的映像。</translation>
        </message>
        <message>
            <source>The checks ended without a report. Run them in a terminal, and tell the engineer what it says: station doctor</source>
            <extracomment>DOC-101</extracomment>
            <translation>检查结束但没有报告。请在终端中运行，并把输出告诉工程师：station doctor</translation>
        </message>
        <message>
            <source>There is no screen here for a window. Start it from a desktop session; without one, station run does the same.</source>
            <extracomment>DSK-101</extracomment>
            <translation>这里没有可显示窗口的屏幕。请在桌面会话中启动；没有桌面时，station run 可完成同样的工作。</translation>
        </message>
        <message>
            <source>Qt can't be loaded, so there is no window: {why}. On Debian and Ubuntu, python3 start.py desktop installs what it needs.</source>
            <extracomment>DSK-102</extracomment>
            <translation>无法加载 Qt，因此没有窗口：{why}。在 Debian 和 Ubuntu 上，python3 start.py desktop 会安装所需内容。</translation>
        </message>
        <message>
            <source>The window is still looking for the engine. Wait a moment, then do it once more.</source>
            <extracomment>DSK-103</extracomment>
            <translation>窗口仍在寻找引擎。请稍候，然后再做一次。</translation>
        </message>
        <message>
            <source>The engine is of version {engine}, this window of {window}. It goes on like this; to bring in the new one, end the engine between two batches (station engine --stop) and open the window again.</source>
            <extracomment>DSK-104</extracomment>
            <translation>引擎的版本是 {engine}，本窗口的版本是 {window}。可以这样继续工作；要换成新版本，请在两个批次之间结束引擎（station engine --stop），然后重新打开窗口。</translation>
        </message>
        <message>
            <source>No engine works on {folder}. Start it: open the desktop, or write: station engine</source>
            <extracomment>ENG-101</extracomment>
            <translation>{folder} 上没有引擎在工作。请启动：打开桌面窗口，或输入：station engine</translation>
        </message>
        <message>
            <source>The engine (process {process}) does not answer. Wait a minute and try again; if it stays so, end that process: boards in work are then closed as aborted at the next start.</source>
            <extracomment>ENG-102</extracomment>
            <translation>引擎（进程 {process}）没有应答。请等一分钟再试；若仍如此，请结束该进程：在制的板将在下次启动时按中止关闭。</translation>
        </message>
        <message>
            <source>The engine could not be started: {why}. Try again; if it stays so, call the engineer.</source>
            <extracomment>ENG-103</extracomment>
            <translation>引擎无法启动：{why}。请重试；若仍如此，请呼叫工程师。</translation>
        </message>
        <message>
            <source>The engine has ended or can't be heard any more. What it had begun is in the journal; start it again.</source>
            <extracomment>ENG-104</extracomment>
            <translation>引擎已结束或无法联系。它已开始的工作记录在日志中；请重新启动。</translation>
        </message>
        <message>
            <source>The engine is ending. Wait a moment, then open the window again.</source>
            <extracomment>ENG-105</extracomment>
            <translation>引擎正在结束。请稍候，然后重新打开窗口。</translation>
        </message>
        <message>
            <source>The engine that runs is of another version than this program. End the batch, then end the engine (station engine --stop), and open the window again.</source>
            <extracomment>ENG-106</extracomment>
            <translation>正在运行的引擎与本程序版本不同。请结束批次，再结束引擎（station engine --stop），然后重新打开窗口。</translation>
        </message>
        <message>
            <source>The engine was sent something that it can't read, and ended that connection. Open it anew.</source>
            <extracomment>ENG-107</extracomment>
            <translation>引擎收到了无法读取的内容，并结束了该连接。请重新打开。</translation>
        </message>
        <message>
            <source>This window did not keep up with the line and was disconnected; the line goes on. Connect it again.</source>
            <extracomment>ENG-108</extracomment>
            <translation>此窗口跟不上产线，已被断开；产线仍在运行。请重新连接。</translation>
        </message>
        <message>
            <source>The engine can't open its connection in {folder}. Check the folder's rights and the disk.</source>
            <extracomment>ENG-109</extracomment>
            <translation>引擎无法在 {folder} 中打开连接。请检查文件夹权限和磁盘。</translation>
        </message>
        <message>
            <source>The data folder {folder} was moved, removed or replaced while the engine worked in it: the engine ends. Call the engineer before anything else is built: the folder that was there has the record.</source>
            <extracomment>ENG-110</extracomment>
            <translation>引擎工作期间，数据文件夹 {folder} 被移走、删除或替换：引擎将结束。继续生产之前请先联系工程师：记录在原来的文件夹中。</translation>
        </message>
        <message>
            <source>Batch {batch} is on the line. Finish or stop it first.</source>
            <extracomment>ENG-121</extracomment>
            <translation>批次 {batch} 正在产线上。请先完成或停止它。</translation>
        </message>
        <message>
            <source>No batch is on the line. Arm one first.</source>
            <extracomment>ENG-122</extracomment>
            <translation>产线上没有批次。请先启用一个。</translation>
        </message>
        <message>
            <source>There is no slot {slot} here. Choose one of {slots}.</source>
            <extracomment>ENG-123</extracomment>
            <translation>这里没有工位 {slot}。请选择 {slots} 之一。</translation>
        </message>
        <message>
            <source>Boards of this product are scanned. Scan the label of the board in slot {slot}.</source>
            <extracomment>ENG-124</extracomment>
            <translation>此产品的电路板要扫码。请扫描工位 {slot} 中电路板的标签。</translation>
        </message>
        <message>
            <source>This station asks for the CA's passphrase when a batch is armed. Type it and arm again.</source>
            <extracomment>ENG-125</extracomment>
            <translation>本工站在启用批次时要求输入 CA 口令。请输入后重新启用。</translation>
        </message>
        <message>
            <source>{what} can't be {word}. Choose one of {known}.</source>
            <extracomment>ENG-126</extracomment>
            <translation>{what} 不能是 {word}。请选择 {known} 之一。</translation>
        </message>
        <message>
            <source>Nothing was chosen to export. Choose units or a batch.</source>
            <extracomment>ENG-127</extracomment>
            <translation>没有选择要导出的内容。请选择单元或批次。</translation>
        </message>
        <message>
            <source>That is no name for a batch: {why}. Write another.</source>
            <extracomment>ENG-128</extracomment>
            <translation>这不能用作批次名称：{why}。请另写一个。</translation>
        </message>
        <message>
            <source>A batch has at least one unit, not {quantity}. Write how many are ordered.</source>
            <extracomment>ENG-129</extracomment>
            <translation>批次至少有一个单元，不能是 {quantity}。请填写订购数量。</translation>
        </message>
        <message>
            <source>{path} is no whole path. Choose the folder from its drive or root on.</source>
            <extracomment>ENG-130</extracomment>
            <translation>{path} 不是完整路径。请从盘符或根目录开始选择文件夹。</translation>
        </message>
        <message>
            <source>Nobody is signed in here. Sign in first.</source>
            <extracomment>ENG-131</extracomment>
            <translation>这里没有人登录。请先登录。</translation>
        </message>
        <message>
            <source>{count} windows are connected to the engine already. Close one of them first.</source>
            <extracomment>ENG-132</extracomment>
            <translation>已有 {count} 个窗口连接到引擎。请先关闭其中一个。</translation>
        </message>
        <message>
            <source>{what} is too long or too large: at most {most}. Nothing was done; write it shorter.</source>
            <extracomment>ENG-133</extracomment>
            <translation>{what} 太长或太大：最多 {most}。未作任何操作；请写短一些。</translation>
        </message>
        <message>
            <source>No file was named to release. Look at what is to be released first.</source>
            <extracomment>ENG-134</extracomment>
            <translation>没有指定要放行的文件。请先查看要放行的内容。</translation>
        </message>
        <message>
            <source>{path} is not as it was when you looked at it: somebody else has changed it since. Read it again first.</source>
            <extracomment>ENG-135</extracomment>
            <translation>{path} 与您查看时不同：其后有人更改过。请先重新阅读。</translation>
        </message>
        <message>
            <source>The station was cut off while {count} boards were in work. They were closed as aborted: put them in again.</source>
            <extracomment>ENG-141</extracomment>
            <translation>工站在 {count} 块板生产途中中断。这些板已按中止关闭：请重新放入。</translation>
        </message>
        <message>
            <source>The engine made a mistake in carrying this out; it goes on. Look what was done before you try again, and give the log to the engineer.</source>
            <extracomment>ENG-901</extracomment>
            <translation>引擎在执行时出错；引擎仍在运行。重试之前请查看已完成的内容，并把运行日志交给工程师。</translation>
        </message>
        <message>
            <source>The station has a signing key in {folder} already; nothing was changed. A second one would be another station's.</source>
            <extracomment>EVD-101</extracomment>
            <translation>工站在 {folder} 中已有签名密钥；未作任何更改。第二个密钥就属于另一个工站了。</translation>
        </message>
        <message>
            <source>The station has no signing key in {folder} yet. Make it once: station init</source>
            <extracomment>EVD-102</extracomment>
            <translation>工站在 {folder} 中还没有签名密钥。请建立一次：station init</translation>
        </message>
        <message>
            <source>The station's signing key in {folder} is not usable: {reason}. Call the engineer.</source>
            <extracomment>EVD-103</extracomment>
            <translation>工站在 {folder} 中的签名密钥不可用：{reason}。请呼叫工程师。</translation>
        </message>
        <message>
            <source>The station's signing key {path} doesn't open: the passphrase is wrong or missing, or the file is damaged. Check [evidence] passphrase in the station file.</source>
            <extracomment>EVD-104</extracomment>
            <translation>工站的签名密钥 {path} 打不开：口令错误或缺失，或文件已损坏。请检查工站文件中 [evidence] 的 passphrase。</translation>
        </message>
        <message>
            <source>The journal has {size} entries, but {where} shows that it had {known}. It was rolled back: an older copy was put in its place, or its end was cut off. Nothing is written; leave everything as it is and call the engineer.</source>
            <extracomment>EVD-111</extracomment>
            <translation>日志有 {size} 条，但 {where} 表明它曾有 {known} 条。日志被回退：换上了较旧的副本，或末尾被截掉。不再写入任何内容；请保持原样并呼叫工程师。</translation>
        </message>
        <message>
            <source>The journal is not the one that {where} was signed for: something in its first {known} entries was changed. Nothing is written; leave everything as it is and call the engineer.</source>
            <extracomment>EVD-112</extracomment>
            <translation>日志不是 {where} 所签署的那一份：其前 {known} 条中有内容被更改。不再写入任何内容；请保持原样并呼叫工程师。</translation>
        </message>
        <message>
            <source>{where} is no checkpoint that this station's key signed under that name ({reason}). Take it away if it is another station's; else leave everything as it is and call the engineer.</source>
            <extracomment>EVD-113</extracomment>
            <translation>{where} 不是本工站密钥以该名称签署的检查点（{reason}）。若属于其他工站，请移走；否则请保持原样并呼叫工程师。</translation>
        </message>
        <message>
            <source>The journal is empty: there is nothing to make a checkpoint of.</source>
            <extracomment>EVD-114</extracomment>
            <translation>日志为空：没有可签署检查点的内容。</translation>
        </message>
        <message>
            <source>Attempt {attempt} of what was chosen has not ended. Wait for its end (or start the station once), then export again.</source>
            <extracomment>EVD-121</extracomment>
            <translation>所选内容中的尝试 {attempt} 尚未结束。请等待其结束（或启动一次工站），然后重新导出。</translation>
        </message>
        <message>
            <source>There is no attempt at what was chosen, so there is nothing to export.</source>
            <extracomment>EVD-122</extracomment>
            <translation>所选内容没有任何尝试，因此没有可导出的内容。</translation>
        </message>
        <message>
            <source>The certificate {serial} was signed by a CA whose certificate is not at hand ({issuer}). Give the export that CA's certificates too.</source>
            <extracomment>EVD-123</extracomment>
            <translation>证书 {serial} 由一个 CA 签发，而手边没有该 CA 的证书（{issuer}）。请在导出时一并提供该 CA 的证书。</translation>
        </message>
        <message>
            <source>The journal can't be shown to continue the checkpoint that was given: {reason}. If it is this station's, the journal was rolled back or changed: leave everything as it is and call the engineer.</source>
            <extracomment>EVD-124</extracomment>
            <translation>无法证明日志是所给检查点的延续：{reason}。若检查点属于本工站，则日志被回退或更改：请保持原样并呼叫工程师。</translation>
        </message>
        <message>
            <source>The export would be larger than {limit} MiB. Export fewer units at a time.</source>
            <extracomment>EVD-125</extracomment>
            <translation>导出内容将超过 {limit} MiB。请减少每次导出的单元数。</translation>
        </message>
        <message>
            <source>The journal's tables don't say what its entries say ({difference}): somebody has changed the file. Nothing was written. Leave everything as it is, run: station verify {folder}, and call the engineer.</source>
            <extracomment>EVD-131</extracomment>
            <translation>日志的表格与其条目不一致（{difference}）：有人更改了文件。未写入任何内容。请保持原样，运行：station verify {folder}，并呼叫工程师。</translation>
        </message>
        <message>
            <source>There is no batch {batch}; the newest are: {known}.</source>
            <extracomment>EVD-201</extracomment>
            <translation>没有批次 {batch}；最新的有：{known}。</translation>
        </message>
        <message>
            <source>{path} can't be read. Check that it exists and that you may read it.</source>
            <extracomment>HOST-101</extracomment>
            <translation>无法读取 {path}。请检查它是否存在以及您是否有权读取。</translation>
        </message>
        <message>
            <source>{path} can't be written. Check the disk and the folder's rights.</source>
            <extracomment>HOST-102</extracomment>
            <translation>无法写入 {path}。请检查磁盘和文件夹权限。</translation>
        </message>
        <message>
            <source>The disk is full: {path} could not be written. Free some space, then go on; nothing was lost.</source>
            <extracomment>HOST-103</extracomment>
            <translation>磁盘已满：{path} 无法写入。请释放空间，然后继续；没有丢失任何内容。</translation>
        </message>
        <message>
            <source>{path} holds a secret and others can read it. Make it private: chmod 600 {path}</source>
            <extracomment>HOST-104</extracomment>
            <translation>{path} 存有机密，而其他人可以读取。请设为私有：chmod 600 {path}</translation>
        </message>
        <message>
            <source>Another station program ({owner}) is working in {path}. Use its window, or wait until it has ended.</source>
            <extracomment>HOST-105</extracomment>
            <translation>另一个工站程序（{owner}）正在 {path} 中工作。请使用它的窗口，或等待它结束。</translation>
        </message>
        <message>
            <source>The {what} is not there: {where}. {mend}</source>
            <extracomment>HOST-106</extracomment>
            <translation>{what} 不存在：{where}。{mend}</translation>
        </message>
        <message>
            <source>This PC has no keyring that could hold the {what}. Name an environment variable or a private file in the station file.</source>
            <extracomment>HOST-107</extracomment>
            <translation>本机没有可存放 {what} 的密钥环。请在工站文件中指定环境变量或私有文件。</translation>
        </message>
        <message>
            <source>The program {program} can't be started. Install it or correct its path.</source>
            <extracomment>HOST-108</extracomment>
            <translation>程序 {program} 无法启动。请安装它或更正其路径。</translation>
        </message>
        <message>
            <source>{program} did not end within {seconds} s and was stopped.</source>
            <extracomment>HOST-109</extracomment>
            <translation>{program} 在 {seconds} 秒内没有结束，已被停止。</translation>
        </message>
        <message>
            <source>{path} is there already, and nothing is overwritten. Name another place.</source>
            <extracomment>HOST-110</extracomment>
            <translation>{path} 已存在，不会覆盖任何内容。请指定另一个位置。</translation>
        </message>
        <message>
            <source>{program} says something that can't be read (a line without end) and was stopped. Check that it is the program that is meant.</source>
            <extracomment>HOST-111</extracomment>
            <translation>{program} 的输出无法读取（一行没有结尾），已被停止。请检查它是否就是要用的程序。</translation>
        </message>
        <message>
            <source>The {what} could not be kept in {where}: {reason}. Choose another place for it.</source>
            <extracomment>HOST-118</extracomment>
            <translation>{what} 无法保存到 {where}：{reason}。请为其选择另一个位置。</translation>
        </message>
        <message>
            <source>Process {process} could not be asked to end. It is perhaps another user's: have that one, or an administrator, end it.</source>
            <extracomment>HOST-119</extracomment>
            <translation>无法请求进程 {process} 结束。它可能属于其他用户：请由该用户或管理员将其结束。</translation>
        </message>
        <message>
            <source>The journal can't be written ({why}). Nothing goes on until it can: check the disk.</source>
            <extracomment>JRN-101</extracomment>
            <translation>日志无法写入（{why}）。恢复之前一切停止：请检查磁盘。</translation>
        </message>
        <message>
            <source>The disk is full: the journal can't be written. Free some space, then acknowledge the slot.</source>
            <extracomment>JRN-102</extracomment>
            <translation>磁盘已满：日志无法写入。请释放空间，然后解锁工位。</translation>
        </message>
        <message>
            <source>The journal {path} is damaged ({why}). Leave it as it is and call the engineer.</source>
            <extracomment>JRN-103</extracomment>
            <translation>日志 {path} 已损坏（{why}）。请保持原样并呼叫工程师。</translation>
        </message>
        <message>
            <source>The journal {path} was written by a newer station (format {found}, this one knows {known}). Nothing was changed. Install the newer station again. To go on with this one, export with the newer one what was built since, and restore the last backup that this one made.</source>
            <extracomment>JRN-104</extracomment>
            <translation>日志 {path} 由更新版本的工站写入（格式 {found}，本工站只认识 {known}）。未作任何更改。请重新安装新版工站。如要继续使用本版本，请用新版导出此后构建的内容，并恢复本版本所做的最后一个备份。</translation>
        </message>
        <message>
            <source>The journal {path} can't be made safe against power cuts ({why}). Put it on a local disk.</source>
            <extracomment>JRN-105</extracomment>
            <translation>日志 {path} 无法保证断电安全（{why}）。请放到本地磁盘。</translation>
        </message>
        <message>
            <source>There is no journal in {path} yet. Run a batch there first, or name the right station file.</source>
            <extracomment>JRN-106</extracomment>
            <translation>{path} 中还没有日志。请先在那里运行一个批次，或指定正确的工站文件。</translation>
        </message>
        <message>
            <source>The journal was already closed.</source>
            <extracomment>JRN-107</extracomment>
            <translation>日志已关闭。</translation>
        </message>
        <message>
            <source>The journal was asked to write something that can't be: {why}.</source>
            <extracomment>JRN-108</extracomment>
            <translation>要求日志写入不可能的内容：{why}。</translation>
        </message>
        <message>
            <source>The journal made a mistake. Stop the line and call the engineer.</source>
            <extracomment>JRN-109</extracomment>
            <translation>日志出错。请停止产线并呼叫工程师。</translation>
        </message>
        <message>
            <source>The journal's tables don't say what its entries say of unit {unit} ({difference}): somebody has changed the file. Nothing of it leaves the station. Leave everything as it is, run: station verify, and call the engineer.</source>
            <extracomment>JRN-110</extracomment>
            <translation>日志的表格与其条目对单元 {unit} 的记载不一致（{difference}）：有人更改了文件。其中任何内容都不会离开工站。请保持原样，运行：station verify，并呼叫工程师。</translation>
        </message>
        <message>
            <source>This board's numbers belong to two different boards in the journal ({which}). Put it aside for the engineer.</source>
            <extracomment>JRN-201</extracomment>
            <translation>此板的号码在日志中属于两块不同的板（{which}）。请将其放到一边，留给工程师。</translation>
        </message>
        <message>
            <source>The {what} {value} is already another board's ({other}). Check the label; put the board aside.</source>
            <extracomment>JRN-202</extracomment>
            <translation>{what} {value} 已属于另一块板（{other}）。请检查标签；将此板放到一边。</translation>
        </message>
        <message>
            <source>Slot {slot} is working on a board with the same identity. Take one of the two out and put it aside.</source>
            <extracomment>JRN-203</extracomment>
            <translation>工位 {slot} 正在处理身份相同的板。请取出其中一块，放到一边。</translation>
        </message>
        <message>
            <source>This unit ({device_id}) is finished already and was left as it is. Take it out; to build it again, declare a rework.</source>
            <extracomment>JRN-204</extracomment>
            <translation>此单元（{device_id}）已经完成，保持原样。请取出；要重新生产，请登记返工。</translation>
        </message>
        <message>
            <source>This unit ({device_id}) is in quarantine and was left as it is. Put it aside; an engineer decides.</source>
            <extracomment>JRN-205</extracomment>
            <translation>此单元（{device_id}）处于隔离状态，保持原样。请放到一边；由工程师决定。</translation>
        </message>
        <message>
            <source>The unit {device_id} is on its way to the cloud. Wait until the upload has ended, then declare the rework.</source>
            <extracomment>JRN-206</extracomment>
            <translation>单元 {device_id} 正在上传云端。请等上传结束后再登记返工。</translation>
        </message>
        <message>
            <source>No rework of the unit {device_id} is declared: there is nothing to withdraw. Check the number.</source>
            <extracomment>JRN-207</extracomment>
            <translation>单元 {device_id} 没有已登记的返工：没有可撤回的内容。请核对编号。</translation>
        </message>
        <message>
            <source>The rework of the unit {device_id} has begun in slot {slot}: it can't be withdrawn any more. Let the board be built to its end.</source>
            <extracomment>JRN-208</extracomment>
            <translation>单元 {device_id} 的返工已在 {slot} 号槽位开始：不能再撤回。请让该板生产到结束。</translation>
        </message>
        <message>
            <source>Credentials of the unit {device_id} were deleted since its rework was declared: it can't be withdrawn any more. Build the board again.</source>
            <extracomment>JRN-209</extracomment>
            <translation>自登记返工以来，单元 {device_id} 的凭据已被删除：返工不能再撤回。请重新生产该板。</translation>
        </message>
        <message>
            <source>This unit ({device_id}) is {state}, and its credentials stay. To delete any of them, declare a rework first.</source>
            <extracomment>JRN-210</extracomment>
            <translation>该单元（{device_id}）的状态为 {state}，其凭据予以保留。如要删除其中任何一项，请先登记返工。</translation>
        </message>
        <message>
            <source>This unit's new key is already another unit's. Put the board aside for the engineer.</source>
            <extracomment>JRN-211</extracomment>
            <translation>此单元的新密钥已属于另一个单元。请将此板放到一边，留给工程师。</translation>
        </message>
        <message>
            <source>The device {device_id} has a certificate already. To give it another one, declare a rework.</source>
            <extracomment>JRN-212</extracomment>
            <translation>设备 {device_id} 已有证书。要给它另一张证书，请登记返工。</translation>
        </message>
        <message>
            <source>The certificate {serial} belongs to a finished unit and stays. To replace it, declare a rework.</source>
            <extracomment>JRN-213</extracomment>
            <translation>证书 {serial} 属于已完成的单元，予以保留。要替换它，请登记返工。</translation>
        </message>
        <message>
            <source>Batch {batch} was started with another {what}. Use the same one, or give this work its own batch.</source>
            <extracomment>JRN-221</extracomment>
            <translation>批次 {batch} 开始时用的是另一个 {what}。请使用相同的，或为此工作另建批次。</translation>
        </message>
        <message>
            <source>Batch {batch} is closed, for good. Give work that is still to be done a batch of its own: run --batch NAME.</source>
            <extracomment>JRN-222</extracomment>
            <translation>批次 {batch} 已永久关闭。剩余工作请另建批次：run --batch NAME。</translation>
        </message>
        <message>
            <source>The station made a mistake in step {step}. Put the board aside and call the engineer.</source>
            <extracomment>LINE-101</extracomment>
            <translation>工站在步骤 {step} 中出错。请将此板放到一边，并呼叫工程师。</translation>
        </message>
        <message>
            <source>Step {step} came before the board was identified. The recipe is wrong; call the engineer.</source>
            <extracomment>LINE-102</extracomment>
            <translation>步骤 {step} 先于电路板识别。配方有误；请呼叫工程师。</translation>
        </message>
        <message>
            <source>This modem can't tell its UUID, and the product is named by it. Use a product that is named by IMEI or serial.</source>
            <extracomment>LINE-111</extracomment>
            <translation>此调制解调器无法报告其 UUID，而产品以 UUID 命名。请使用以 IMEI 或序列号命名的产品。</translation>
        </message>
        <message>
            <source>This board's modem ({found}) is not what the product is built from ({expected}). Check that the board is right.</source>
            <extracomment>LINE-112</extracomment>
            <translation>此板的调制解调器（{found}）不是产品所用的型号（{expected}）。请检查电路板是否正确。</translation>
        </message>
        <message>
            <source>This product is named by the scanned serial number, and none was scanned for slot {slot}.</source>
            <extracomment>LINE-113</extracomment>
            <translation>此产品以扫描的序列号命名，而工位 {slot} 没有扫描到序列号。</translation>
        </message>
        <message>
            <source>The board in this slot is not the one that was identified ({expected}, now {found}). Take it out and start again.</source>
            <extracomment>LINE-114</extracomment>
            <translation>此工位中的板不是先前识别的那块（{expected}，现为 {found}）。请取出并重新开始。</translation>
        </message>
        <message>
            <source>Slot {slot} is busy: scan the next board when this one is out.</source>
            <extracomment>LINE-115</extracomment>
            <translation>工位 {slot} 正忙：请在取出此板后再扫描下一块。</translation>
        </message>
        <message>
            <source>Nothing on this board says who it is: its shell has no modem to ask (the command at). Check that the right firmware is on it, then call the engineer.</source>
            <extracomment>LINE-116</extracomment>
            <translation>此板上没有任何东西说明它是谁：其 shell 没有可询问的调制解调器（命令 at）。请检查其固件是否正确，然后联系工程师。</translation>
        </message>
        <message>
            <source>The cloud knows this board as {known}, and this product would name it {here}. Take it out: build it again as the product that it was, or check the label.</source>
            <extracomment>LINE-117</extracomment>
            <translation>云端知道此板为 {known}，而本产品会将其命名为 {here}。请将其取出：按原来的产品重新制作，或检查标签。</translation>
        </message>
        <message>
            <source>Nobody knows whether the cloud has this board as {known}, and this product would name it {here}. Take it out: withdraw its rework if one is declared, see its upload to its end, or decide about it; then build it again.</source>
            <extracomment>LINE-118</extracomment>
            <translation>没有人知道云端是否已以 {known} 登记此板，而本产品会将其命名为 {here}。请取出：如已登记返工则先撤回，等其上传有结果或对其作出决定；然后再重新生产。</translation>
        </message>
        <message>
            <source>nRF Cloud takes no attestation of this board ({model}): it is an nRF9160, and only nRF91x1 can be onboarded so. Check that it is the right board, or use a product that makes a certificate.</source>
            <extracomment>LINE-119</extracomment>
            <translation>nRF Cloud 不接受此板（{model}）的认证：它是 nRF9160，只有 nRF91x1 能这样上云。请检查是否为正确的电路板，或使用会生成证书的产品。</translation>
        </message>
        <message>
            <source>The modem does not hold the key it should have made. Try the board once more; if it happens again, put it aside.</source>
            <extracomment>LINE-121</extracomment>
            <translation>调制解调器中没有它应生成的密钥。请重试此板；若再次发生，请将其放到一边。</translation>
        </message>
        <message>
            <source>The modem did not store the {what} as it was written. Try the board once more; if it happens again, put it aside.</source>
            <extracomment>LINE-122</extracomment>
            <translation>调制解调器存储的 {what} 与写入的不一致。请重试此板；若再次发生，请将其放到一边。</translation>
        </message>
        <message>
            <source>The modem did not delete the old {what}. Put the board aside.</source>
            <extracomment>LINE-123</extracomment>
            <translation>调制解调器没有删除旧的 {what}。请将此板放到一边。</translation>
        </message>
        <message>
            <source>The modem was asked for a key twice and its answer was lost both times. Check the slot's cable, then try the board again.</source>
            <extracomment>LINE-124</extracomment>
            <translation>已两次要求调制解调器生成密钥，两次应答均丢失。请检查工位的线缆，然后重试此板。</translation>
        </message>
        <message>
            <source>The probe can't tell which chip this is, and the product needs an {expected}. Check the probe's software.</source>
            <extracomment>LINE-125</extracomment>
            <translation>调试器无法判断这是哪种芯片，而产品需要 {expected}。请检查调试器软件。</translation>
        </message>
        <message>
            <source>Behind the last image the check image found the credentials missing or wrong: {why}. The batch stops: give the board to the engineer.</source>
            <extracomment>LINE-126</extracomment>
            <translation>烧录最后一个映像后，检查映像发现凭据缺失或错误：{why}。批次停止：请把此板交给工程师。</translation>
        </message>
        <message>
            <source>This board is locked for good (ERASEPROTECT): no probe can open it again. Put the board aside.</source>
            <extracomment>LINE-127</extracomment>
            <translation>此板已永久锁定（ERASEPROTECT）：任何调试器都无法再打开。请将其放到一边。</translation>
        </message>
        <message>
            <source>The modem lost its {what} when the board was flashed or powered off after it was written. Put the board aside; if it happens again, call the engineer: this product may not be built in this order.</source>
            <extracomment>LINE-128</extracomment>
            <translation>写入后，板在烧录或断电时丢失了调制解调器中的 {what}。请将其放到一边；若再次发生，请呼叫工程师：此产品可能不能按这个顺序生产。</translation>
        </message>
        <message>
            <source>A check image came before the last image. The recipe is wrong; call the engineer.</source>
            <extracomment>LINE-129</extracomment>
            <translation>检查映像排在最后一个映像之前。配方有误；请呼叫工程师。</translation>
        </message>
        <message>
            <source>The modem says that its firmware is {found}, but {expected} was programmed. Start the board once more; if it happens again, check the recipe's version, and call the engineer.</source>
            <extracomment>LINE-130</extracomment>
            <translation>调制解调器报告其固件为 {found}，但烧录的是 {expected}。请重新开始此板；若再次发生，请检查配方中的版本，并呼叫工程师。</translation>
        </message>
        <message>
            <source>The test {name} failed this board: {why}. Put the board aside.</source>
            <extracomment>LINE-131</extracomment>
            <translation>测试 {name} 判定此板不合格：{why}。请将其放到一边。</translation>
        </message>
        <message>
            <source>The test program {name} did not work: {why}. Call the engineer.</source>
            <extracomment>LINE-132</extracomment>
            <translation>测试程序 {name} 未能工作：{why}。请呼叫工程师。</translation>
        </message>
        <message>
            <source>The test {name} measured {measure} = {value} {unit}, outside {limits}. Put the board aside.</source>
            <extracomment>LINE-133</extracomment>
            <translation>测试 {name} 测得 {measure} = {value} {unit}，超出 {limits}。请将此板放到一边。</translation>
        </message>
        <message>
            <source>Nobody can tell whether {name} was done to this board ({why}), and it must never be done twice. Put the board aside; an engineer decides.</source>
            <extracomment>LINE-134</extracomment>
            <translation>无法判断 {name} 是否已对此板执行（{why}），而它绝不能执行两次。请将此板放到一边；由工程师决定。</translation>
        </message>
        <message>
            <source>This board's modem refused to attest itself to a question of this station's, which its firmware ({firmware}) can: a token without that may be an old one. Try the unit again; if this repeats, keep it aside for an engineer.</source>
            <extracomment>LINE-135</extracomment>
            <translation>此板的调制解调器拒绝就本工位的提问进行认证，而其固件（{firmware}）能够做到：没有应答提问的令牌可能是旧的。请再次尝试该单元；若再次发生，请将其放在一边交给工程师。</translation>
        </message>
        <message>
            <source>The device on this port can't do what the way {way} asks of it. The recipe is wrong; call the engineer.</source>
            <extracomment>LINE-136</extracomment>
            <translation>此端口上的设备做不到方式 {way} 所要求的事。配方有误；请联系工程师。</translation>
        </message>
        <message>
            <source>This modem's token is for one account at the cloud, and none is known: the batch was armed without a cloud. Write [cloud] into the station file, then start the batch again.</source>
            <extracomment>LINE-137</extracomment>
            <translation>此调制解调器的令牌只用于云端的一个账户，而目前没有已知账户：批次开始时没有云端。请在工站文件中写入 [cloud]，然后重新开始批次。</translation>
        </message>
        <message>
            <source>The board took the key that was made here, but can't show that it stored it (its shell makes no digests). Put the board aside, and call the engineer: its firmware is not built for this way.</source>
            <extracomment>LINE-138</extracomment>
            <translation>电路板接收了在此生成的密钥，但无法证明已存储（其 shell 不生成摘要）。请将其放到一边并联系工程师：其固件不适合此方式。</translation>
        </message>
        <message>
            <source>The onboarding token of {product} must name the account it is for, and the organisation API does not tell that. Write tenant under [cloud] in the station file.</source>
            <extracomment>LINE-139</extracomment>
            <translation>{product} 的上云令牌必须指明其账户，而组织 API 不告知这一点。请在工站文件的 [cloud] 下写入 tenant。</translation>
        </message>
        <message>
            <source>{count} boards in a row failed with {code}. The line has stopped: find the cause, then start the batch again.</source>
            <extracomment>LINE-141</extracomment>
            <translation>连续 {count} 块板因 {code} 失败。产线已停止：请查明原因，然后重新开始批次。</translation>
        </message>
        <message>
            <source>The product {product} is flashed here, but slots {slots} of the fixture have no programmer. Use another fixture, or a product that is flashed elsewhere.</source>
            <extracomment>LINE-143</extracomment>
            <translation>产品 {product} 在这里烧录，但夹具的工位 {slots} 没有编程器。请使用另一个夹具，或不在此烧录的产品。</translation>
        </message>
        <message>
            <source>The product {product} sets ERASEPROTECT, which only pynrfjprog does; slots {slots} use another programmer. Write programmer = &quot;nrfjprog&quot; for them, or use another fixture.</source>
            <extracomment>LINE-147</extracomment>
            <translation>产品 {product} 设置 ERASEPROTECT，只有 pynrfjprog 能做到；工位 {slots} 使用其他编程器。请为它们写 programmer = &quot;nrfjprog&quot;，或使用另一个夹具。</translation>
        </message>
        <message>
            <source>This label belongs to {device_id}, which {state}: the board was not touched. Take it out. To do it again, declare a rework.</source>
            <extracomment>LINE-148</extracomment>
            <translation>此标签属于 {device_id}，其状态：{state}。未对此板作任何操作。请取出。要重新生产，请登记返工。</translation>
        </message>
        <message>
            <source>The product {product} cuts the board's power, but the station can't switch the power of slots {slots}. Give the fixture's slots a power command, or take the step out of the recipe.</source>
            <extracomment>LINE-149</extracomment>
            <translation>产品 {product} 要切断电路板电源，但工站无法切换工位 {slots} 的电源。请为夹具的工位配置电源命令，或从配方中去掉该步骤。</translation>
        </message>
        <message>
            <source>This board is {device_id}, which was finished: it was flashed before it could say so, and what it held is gone or in doubt. Put it aside; to build it again, declare a rework.</source>
            <extracomment>LINE-150</extracomment>
            <translation>此板是已完成的 {device_id}：它在表明身份之前就被烧录，原有内容已丢失或存疑。请放到一边；要重新生产，请登记返工。</translation>
        </message>
        <message>
            <source>The API key belongs to the team {found}, the station file wants {wanted}. Put the right key in place.</source>
            <extracomment>LINE-151</extracomment>
            <translation>API 密钥属于团队 {found}，而工站文件要求 {wanted}。请换上正确的密钥。</translation>
        </message>
        <message>
            <source>The cloud refuses the API key: {why}. Put a valid key in place.</source>
            <extracomment>LINE-152</extracomment>
            <translation>云端拒绝该 API 密钥：{why}。请换上有效的密钥。</translation>
        </message>
        <message>
            <source>The cloud can't be reached and has never confirmed this key's team ({why}). Connect once, then go on offline.</source>
            <extracomment>LINE-153</extracomment>
            <translation>无法连接云端，且从未确认过此密钥所属的团队（{why}）。请先联网一次，然后再离线工作。</translation>
        </message>
        <message>
            <source>Batch {batch} already has {done} finished units, so it can't be one of {quantity}. Ask for {done} or more, or give this work its own batch.</source>
            <extracomment>LINE-154</extracomment>
            <translation>批次 {batch} 已有 {done} 个完成的单元，因此不能是 {quantity} 个的批次。请填写 {done} 或更多，或为此工作另建批次。</translation>
        </message>
        <message>
            <source>The product {product} is onboarded by {kind}, and the cloud's {api} API does not take that. {instead}</source>
            <extracomment>LINE-155</extracomment>
            <translation>产品 {product} 以 {kind} 上云，而云端的 {api} API 不接受。{instead}</translation>
        </message>
        <message>
            <source>The cloud refuses the organisation token: {why}. Put a valid token in place, or correct organisation and project.</source>
            <extracomment>LINE-156</extracomment>
            <translation>云端拒绝组织令牌：{why}。请放入有效的令牌，或更正组织和项目。</translation>
        </message>
        <message>
            <source>Nobody has confirmed that units go to {account}, and the cloud can't be asked. Arm a batch: that confirms it.</source>
            <extracomment>LINE-157</extracomment>
            <translation>没有人确认过单元要交给 {account}，而云端无法询问。请开始一个批次：那就是确认。</translation>
        </message>
        <message>
            <source>No active provisioning rule of the team has the claim tag {tags}: units of {product} would be claimed and never get their cloud key. Make it first: {command}</source>
            <extracomment>LINE-158</extracomment>
            <translation>团队没有任何启用的配置规则带有认领标签 {tags}：{product} 的单元会被认领，但永远得不到云端密钥。请先创建规则：{command}</translation>
        </message>
        <message>
            <source>The station file names no Provisioning API, by which devices are claimed. Write provisioning_url under [cloud] in {path}, of a team API.</source>
            <extracomment>LINE-159</extracomment>
            <translation>工站文件没有指定用于认领设备的 Provisioning API。请在 {path} 的 [cloud] 下（团队 API）写入 provisioning_url。</translation>
        </message>
        <message>
            <source>The recipe of {product} wants a final check of every unit, and no way is known to ask the {api} API for one device. Write final_check = false in the recipe, or use a station file with the team API.</source>
            <extracomment>LINE-160</extracomment>
            <translation>{product} 的配方要求对每个单元做最终检查，而没有已知方法可以向 {api} API 查询单个设备。请在配方中写入 final_check = false，或使用团队 API 的工站文件。</translation>
        </message>
        <message>
            <source>{device_id} is {state} with the cloud; only refused, unknown or held units, those of an upload that is overdue or for another account, and as seen those that are claimed, are decided by hand.</source>
            <extracomment>LINE-161</extracomment>
            <translation>{device_id} 在云端的状态为 {state}；只有被拒绝、未知、暂缓、上传超时或属于另一账户的上传中的单元，以及已认领且被看到的单元，才由人工决定。</translation>
        </message>
        <message>
            <source>The journal has no unit {text}. Check the number.</source>
            <extracomment>LINE-162</extracomment>
            <translation>日志中没有单元 {text}。请检查号码。</translation>
        </message>
        <message>
            <source>{text} could be several units: {which}. Write more of it.</source>
            <extracomment>LINE-163</extracomment>
            <translation>{text} 可能是多个单元：{which}。请多输入几位。</translation>
        </message>
        <message>
            <source>There are no entries {first} to {last}: the journal ends at {newest}. Check the numbers.</source>
            <extracomment>LINE-164</extracomment>
            <translation>没有第 {first} 至 {last} 条：日志到 {newest} 为止。请检查编号。</translation>
        </message>
        <message>
            <source>{device_id} is onboarded, but its final check failed: {said}. Put the unit aside; a line lead has it checked by hand (station cloud device ID --jwt-from-slot N --record) or declares a rework.</source>
            <extracomment>LINE-165</extracomment>
            <translation>{device_id} 已上线，但最终检查未通过：{said}。请将该单元放在一边；由产线组长安排手动检查（station cloud device ID --jwt-from-slot N --record）或登记返工。</translation>
        </message>
        <message>
            <source>This unit ({device_id}) is finished and was left as it is. What became of its upload was unknown: the cloud has now accepted the board's own token, so it counts as onboarded. Take it out.</source>
            <extracomment>LINE-166</extracomment>
            <translation>此单元（{device_id}）已完成，保持原样。其上传结果原为未知：现在云端已接受此板自己的令牌，因此计为已上云。请取出。</translation>
        </message>
        <message>
            <source>The journal has no batch {batch}. The newest: {known}. Check the name.</source>
            <extracomment>LINE-167</extracomment>
            <translation>日志中没有批次 {batch}。最新的有：{known}。请检查名称。</translation>
        </message>
        <message>
            <source>Batch {batch} is closed already. Leave it so; give work that is still to be done a batch of its own.</source>
            <extracomment>LINE-168</extracomment>
            <translation>批次 {batch} 已经关闭。请保持原样；剩余工作请另建批次。</translation>
        </message>
        <message>
            <source>Batch {batch} can't be closed while slots {slots} are at work on its boards. Stop the line (Ctrl-C) and wait until they have ended, then close it.</source>
            <extracomment>LINE-169</extracomment>
            <translation>工位 {slots} 正在处理批次 {batch} 的板，不能关闭该批次。请停止产线（Ctrl-C），等它们结束后再关闭。</translation>
        </message>
        <message>
            <source>Nothing is recorded: {why}. Check the ID, and the board.</source>
            <extracomment>LINE-170</extracomment>
            <translation>没有记录任何内容：{why}。请检查 ID 和板。</translation>
        </message>
        <message>
            <source>There is no product {product} in {folder}. Known are: {known}. Or name a recipe file.</source>
            <extracomment>LINE-171</extracomment>
            <translation>{folder} 中没有产品 {product}。已知的有：{known}。或者指定一个配方文件。</translation>
        </message>
        <message>
            <source>The CA's passphrase is asked for, and nobody can be asked here. Name its place in {path}, under [ca] passphrase.</source>
            <extracomment>LINE-172</extracomment>
            <translation>需要输入 CA 口令，而这里无人可问。请在 {path} 的 [ca] passphrase 下指定其存放处。</translation>
        </message>
        <message>
            <source>{path} names no cloud. Add a [cloud] table to upload.</source>
            <extracomment>LINE-173</extracomment>
            <translation>{path} 没有指定云端。要上传，请添加 [cloud] 表。</translation>
        </message>
        <message>
            <source>There is no CA in {folder} yet. Make one with: station ca init (or restore the backup).</source>
            <extracomment>LINE-174</extracomment>
            <translation>{folder} 中还没有 CA。请建立：station ca init（或从备份恢复）。</translation>
        </message>
        <message>
            <source>{path} makes the product {found}. Give the file that name, or name the file as a path.</source>
            <extracomment>LINE-175</extracomment>
            <translation>{path} 生产的产品是 {found}。请把文件改成该名称，或以路径指定文件。</translation>
        </message>
        <message>
            <source>Changed since it was released: {settings}. Nothing is built with it before one of these has looked at it and says why: {allowed} (station release).</source>
            <extracomment>LINE-181</extracomment>
            <translation>放行之后有更改：{settings}。在以下人员之一查看并说明原因之前，不会用它生产：{allowed}（station release）。</translation>
        </message>
        <message>
            <source>Never released on this station: {settings}. Nothing is built with it before one of these has looked at it and says why: {allowed} (station release).</source>
            <extracomment>LINE-182</extracomment>
            <translation>从未在本工站放行：{settings}。在以下人员之一查看并说明原因之前，不会用它生产：{allowed}（station release）。</translation>
        </message>
        <message>
            <source>{text} is no range of labels: {why}. Write the first and the last label, such as TRK-0001..TRK-0250.</source>
            <extracomment>LINE-183</extracomment>
            <translation>{text} 不是标签范围：{why}。请写首个和末个标签，例如 TRK-0001..TRK-0250。</translation>
        </message>
        <message>
            <source>Boards of {product} are not scanned, so the labels {serials} can't be held to. Leave the range out, or give the recipe a pattern of its labels ([device_id] pattern).</source>
            <extracomment>LINE-184</extracomment>
            <translation>{product} 的电路板不扫码，因此无法限定标签 {serials}。请去掉范围，或在配方中给出标签格式（[device_id] pattern）。</translation>
        </message>
        <message>
            <source>{serials} are {count} labels, and {quantity} units are ordered. Give a range as long as the order, or a smaller quantity.</source>
            <extracomment>LINE-185</extracomment>
            <translation>{serials} 共 {count} 个标签，而订购了 {quantity} 个单元。请给出与工单等长的范围，或减少数量。</translation>
        </message>
        <message>
            <source>Batch {batch} was begun with {before}, not with {serials}. Start it again without a range to go on, or give this work its own batch.</source>
            <extracomment>LINE-186</extracomment>
            <translation>批次 {batch} 开始时用的是 {before}，而不是 {serials}。请不带范围重新开始以继续，或为此工作另建批次。</translation>
        </message>
        <message>
            <source>{label} is not one of this batch's labels ({serials}). Put the board aside; if it belongs here, check its label.</source>
            <extracomment>LINE-187</extracomment>
            <translation>{label} 不是本批次的标签（{serials}）。请将此板放到一边；若它确属本批次，请检查其标签。</translation>
        </message>
        <message>
            <source>{label} is used already: {by}. No label is used twice; check it, and put the board aside if it is right.</source>
            <extracomment>LINE-188</extracomment>
            <translation>{label} 已被使用：{by}。标签不能使用两次；请检查，若标签无误，请将此板放到一边。</translation>
        </message>
        <message>
            <source>{path} was changed and released while this station works with it as it was before. End the engine once, when nothing is on the line; then it counts.</source>
            <extracomment>LINE-189</extracomment>
            <translation>{path} 已被修改并放行,但本工站仍按修改前的内容工作。请在产线空闲时结束一次引擎,之后新内容才生效。</translation>
        </message>
        <message>
            <source>What came on standard input can't be used: {reason}. Give just the text itself.</source>
            <extracomment>LINE-201</extracomment>
            <translation>标准输入的内容无法使用：{reason}。请只给出文本本身。</translation>
        </message>
        <message>
            <source>The fixture {fixture} has no slot {slot}. It has: {known}. Name one of these.</source>
            <extracomment>LINE-202</extracomment>
            <translation>夹具 {fixture} 没有工位 {slot}。它有：{known}。请指定其中之一。</translation>
        </message>
        <message>
            <source>The journal has no key in force for {device_id}. Give its public key or certificate as a file instead.</source>
            <extracomment>LINE-203</extracomment>
            <translation>日志中没有 {device_id} 的有效密钥。请改为以文件形式给出其公钥或证书。</translation>
        </message>
        <message>
            <source>Security tag {sec_tag} is the modem's own (all above {highest} are): nothing of it is ever deleted. Check the number.</source>
            <extracomment>LINE-204</extracomment>
            <translation>安全标签 {sec_tag} 属于调制解调器自身（{highest} 以上的都是）：其中的内容从不删除。请检查编号。</translation>
        </message>
        <message>
            <source>The cloud did not say: {why}. Mend that, or try again later.</source>
            <extracomment>LINE-205</extracomment>
            <translation>云端没有给出答复：{why}。请排除该问题，或稍后再试。</translation>
        </message>
        <message>
            <source>{path} names the organisation API, and no way is known to ask that for this. Look in the portal, or use a station file with the team API.</source>
            <extracomment>LINE-206</extracomment>
            <translation>{path} 指定的是组织 API，目前没有已知的方法向它查询此内容。请在云端门户中查看，或使用指定团队 API 的工站文件。</translation>
        </message>
        <message>
            <source>{source} holds no token (JWT). Give what `station jwt create` made, and nothing else.</source>
            <extracomment>LINE-207</extracomment>
            <translation>{source} 中没有令牌（JWT）。请只给出 `station jwt create` 生成的内容。</translation>
        </message>
        <message>
            <source>{device_id} is a unit of this station and has a key of its own: it gets none that the cloud has made. Use an ID that no board has.</source>
            <extracomment>LINE-208</extracomment>
            <translation>{device_id} 是本工站的单元，已有自己的密钥：它不会得到由云端生成的密钥。请使用没有任何板占用的 ID。</translation>
        </message>
        <message>
            <source>The cloud would make the private key, and it leaves the cloud in the clear: that is for development alone. If that is what you want, say so: --development.</source>
            <extracomment>LINE-209</extracomment>
            <translation>私钥将由云端生成，并以明文离开云端：这只用于开发。如果确实需要，请写明：--development。</translation>
        </message>
        <message>
            <source>An upload of {device_id} is under way: nobody knows what would be undone. See it to its end, or decide about it; then do it again.</source>
            <extracomment>LINE-212</extracomment>
            <translation>{device_id} 的上传正在进行：没有人知道会撤销什么。请等它结束或作出决定，然后重试。</translation>
        </message>
        <message>
            <source>The journal knows no UUID of {device_id}, by which alone a device is claimed. Look for it in the portal.</source>
            <extracomment>LINE-213</extracomment>
            <translation>日志中没有 {device_id} 的 UUID，而设备只能按 UUID 认领。请在云端门户中查找。</translation>
        </message>
        <message>
            <source>{tag} can't be a claim tag: 1 to 128 of the characters A-Z a-z 0-9 _ . @ : # = -. Choose another one.</source>
            <extracomment>LINE-214</extracomment>
            <translation>{tag} 不能作为认领标签：须为 1 到 128 个字符 A-Z a-z 0-9 _ . @ : # = -。请另选一个。</translation>
        </message>
        <message>
            <source>{device_id} has no attestation token: it was not built by a product of that way. Name another unit.</source>
            <extracomment>LINE-215</extracomment>
            <translation>{device_id} 没有证明令牌：它不是按该方式的产品制造的。请指定其他单元。</translation>
        </message>
        <message>
            <source>{device_id} was handed to {its}, and the API key is {now}'s, which can undo nothing there. Put the key of {its} in place.</source>
            <extracomment>LINE-216</extracomment>
            <translation>{device_id} 已提交给 {its}，而当前 API 密钥属于 {now}，无法撤销那里的任何内容。请换上 {its} 的密钥。</translation>
        </message>
        <message>
            <source>{path} names the organisation API, and no way is known to delete a device by that. Delete it in the portal.</source>
            <extracomment>LINE-217</extracomment>
            <translation>{path} 指定的是组织 API，目前没有已知的方法通过它删除设备。请在云端门户中删除。</translation>
        </message>
        <message>
            <source>The program made a mistake. Nothing in the journal is lost. Give {path} to the engineer.</source>
            <extracomment>LINE-901</extracomment>
            <translation>程序出错。日志没有丢失任何内容。请把 {path} 交给工程师。</translation>
        </message>
        <message>
            <source>That name or badge and that PIN don't belong together. Try again; after {most} wrong PINs the person is locked.</source>
            <extracomment>PPL-101</extracomment>
            <translation>姓名或工牌与 PIN 不符。请重试；PIN 输错 {most} 次后，此人将被锁定。</translation>
        </message>
        <message>
            <source>Too many wrong PINs: this person can sign in again at {until}. An engineer can reset the PIN.</source>
            <extracomment>PPL-102</extracomment>
            <translation>PIN 输错次数过多：此人在 {until} 之后才能再登录。工程师可以重设 PIN。</translation>
        </message>
        <message>
            <source>This person may not work here any more. Ask an engineer.</source>
            <extracomment>PPL-103</extracomment>
            <translation>此人已不能在这里工作。请询问工程师。</translation>
        </message>
        <message>
            <source>You ({person}: {roles}) may not {action}. These may: {allowed}. Ask one of them to sign in.</source>
            <extracomment>PPL-111</extracomment>
            <translation>您（{person}：{roles}）无权{action}。有权的是：{allowed}。请由其中一人登录。</translation>
        </message>
        <message>
            <source>To {action}, say why: the reason is recorded.</source>
            <extracomment>PPL-112</extracomment>
            <translation>要{action}，请说明原因：原因会写入记录。</translation>
        </message>
        <message>
            <source>To {action}, a second person must agree with a fresh PIN: somebody else, of the roles {allowed}.</source>
            <extracomment>PPL-113</extracomment>
            <translation>要{action}，须由复核人用刚输入的 PIN 同意：另一个人，角色为 {allowed}。</translation>
        </message>
        <message>
            <source>The second person must be somebody else than {person}.</source>
            <extracomment>PPL-114</extracomment>
            <translation>复核人必须是 {person} 以外的人。</translation>
        </message>
        <message>
            <source>The second person's PIN is {seconds} s old. Have it typed again, for this.</source>
            <extracomment>PPL-115</extracomment>
            <translation>复核人的 PIN 是 {seconds} 秒前输入的。请为此重新输入。</translation>
        </message>
        <message>
            <source>To {action}, type your PIN again: it is more than {minutes} min old.</source>
            <extracomment>PPL-116</extracomment>
            <translation>要{action}，请再次输入您的 PIN：上次输入已超过 {minutes} 分钟。</translation>
        </message>
        <message>
            <source>The second person's PIN has agreed to something else already. Have it typed again, for this.</source>
            <extracomment>PPL-117</extracomment>
            <translation>复核人的 PIN 已用于同意另一件事。请为此重新输入。</translation>
        </message>
        <message>
            <source>{person} has another PIN or badge since this sign-in. Sign in again with that one.</source>
            <extracomment>PPL-118</extracomment>
            <translation>{person} 自此次登录后更换了 PIN 或工牌。请用新的重新登录。</translation>
        </message>
        <message>
            <source>{name} can't be a person's name: {why}.</source>
            <extracomment>PPL-121</extracomment>
            <translation>{name} 不能用作人名：{why}。</translation>
        </message>
        <message>
            <source>There is a {name} already. Use a name that tells them apart.</source>
            <extracomment>PPL-122</extracomment>
            <translation>已有一个 {name}。请使用能区分两人的姓名。</translation>
        </message>
        <message>
            <source>That PIN can't be used: {why}. Choose another.</source>
            <extracomment>PPL-123</extracomment>
            <translation>不能使用此 PIN：{why}。请另选一个。</translation>
        </message>
        <message>
            <source>This badge belongs to {person}. Disable that one first.</source>
            <extracomment>PPL-124</extracomment>
            <translation>此工牌属于 {person}。请先停用那一个。</translation>
        </message>
        <message>
            <source>There is no person {text}. See: station people list.</source>
            <extracomment>PPL-125</extracomment>
            <translation>没有人员 {text}。请查看：station people list。</translation>
        </message>
        <message>
            <source>{person} is the last engineer: nobody could manage people afterwards. Add another first.</source>
            <extracomment>PPL-126</extracomment>
            <translation>{person} 是最后一位工程师：停用后就没有人能管理人员了。请先添加另一位。</translation>
        </message>
        <message>
            <source>Nobody can sign in here yet. Make the first engineer: station init</source>
            <extracomment>PPL-127</extracomment>
            <translation>这里还没有人能登录。请建立第一位工程师：station init</translation>
        </message>
        <message>
            <source>{path} has people already. An engineer adds others: station people add</source>
            <extracomment>PPL-128</extracomment>
            <translation>{path} 中已有人员。其他人由工程师添加：station people add</translation>
        </message>
        <message>
            <source>{path} can't be read ({why}). Restore it from the backup; nobody can sign in until then.</source>
            <extracomment>PPL-131</extracomment>
            <translation>无法读取 {path}（{why}）。请从备份恢复；在此之前无人能登录。</translation>
        </message>
        <message>
            <source>{path} was written by a newer station (version {found}). Use that one.</source>
            <extracomment>PPL-132</extracomment>
            <translation>{path} 由更新版本的工站写入（版本 {found}）。请使用该版本。</translation>
        </message>
        <message>
            <source>{person} has no role for running without anybody there. Headless runs need a person of the role service.</source>
            <extracomment>PPL-133</extracomment>
            <translation>{person} 没有无人值守运行的角色。无人值守运行需要角色为“服务”的人员。</translation>
        </message>
        <message>
            <source>{path} is no sign-in file: its first line is a name or badge, its second the PIN, and nothing follows. Mend it.</source>
            <extracomment>PPL-134</extracomment>
            <translation>{path} 不是登录文件：第一行是姓名或工牌，第二行是 PIN，其后没有内容。请改正。</translation>
        </message>
        <message>
            <source>Nobody can be asked for a PIN here. Name a file that only you can read: --sign-in FILE (name, then PIN).</source>
            <extracomment>PPL-135</extracomment>
            <translation>这里无人可询问 PIN。请指定只有您能读取的文件：--sign-in FILE（先姓名，后 PIN）。</translation>
        </message>
        <message>
            <source>Nobody is there to sign in. Name a person of the role service in {path}, under [people] service; or use --sign-in FILE.</source>
            <extracomment>PPL-136</extracomment>
            <translation>没有人可以登录。请在 {path} 的 [people] service 下指定一位“服务”角色的人员；或使用 --sign-in FILE。</translation>
        </message>
        <message>
            <source>Nobody has signed in. Sign in, then try again.</source>
            <extracomment>PPL-137</extracomment>
            <translation>没有人登录。请登录，然后重试。</translation>
        </message>
        <message>
            <source>The journal knows people up to p{highest}, but {path} is gone. Restore it from the backup. Where there is none: station init --anew; that is recorded, and QA will ask why.</source>
            <extracomment>PPL-138</extracomment>
            <translation>日志记载的人员到 p{highest} 为止，但 {path} 不见了。请从备份恢复。若没有备份：station init --anew；此事会写入记录，质检会询问原因。</translation>
        </message>
        <message>
            <source>The people file was changed outside of the station: {what}. {person} can't work here until that is mended; call the engineer and QA.</source>
            <extracomment>PPL-139</extracomment>
            <translation>人员文件在工站之外被更改：{what}。在改正之前 {person} 不能在这里工作；请呼叫工程师和质检。</translation>
        </message>
        <message>
            <source>{path}: {reason}.</source>
            <extracomment>SET-101</extracomment>
            <translation>{path}：{reason}。</translation>
        </message>
        <message>
            <source>{problems}</source>
            <extracomment>SET-102</extracomment>
            <translation>{problems}</translation>
        </message>
        <message>
            <source>{path} has changed since the recipe was loaded: SHA-256 {actual}, pinned {pinned}. Put the right file back.</source>
            <extracomment>SET-103</extracomment>
            <translation>{path} 在配方加载后被更改：SHA-256 为 {actual}，固定的是 {pinned}。请放回正确的文件。</translation>
        </message>
        <message>
            <source>{text} is no label of this product: {reason}. Scan the label on the board again.</source>
            <extracomment>SET-104</extracomment>
            <translation>{text} 不是此产品的标签：{reason}。请重新扫描板上的标签。</translation>
        </message>
        <message>
            <source>Slot {slot} in {path} is written in a way that is only changed by hand. Open the file and write: {wanted}</source>
            <extracomment>SET-105</extracomment>
            <translation>{path} 中工位 {slot} 的写法只能手工更改。请打开文件并写入：{wanted}</translation>
        </message>
        <message>
            <source>The data folder can't change under a running station. Leave `data` as it is; to move it, end the station, move the folder, and change the file by hand.</source>
            <extracomment>SET-106</extracomment>
            <translation>工站运行时不能更改数据文件夹。请保持 `data` 不变；要移动它，请结束工站，移动文件夹，再手工更改文件。</translation>
        </message>
        <message>
            <source>{name} is none of this station's settings files. Name station, fixture, or recipe: and a recipe in {folder}.</source>
            <extracomment>SET-107</extracomment>
            <translation>{name} 不是本工站的设置文件。请指定 station、fixture 或 recipe：以及 {folder} 中的配方名。</translation>
        </message>
        <message>
            <source>The folder for updates {folder} can't be read ({why}). Have IT look at the share, or correct `folder` under [updates] in the station file. The line works on.</source>
            <extracomment>UPD-101</extracomment>
            <translation>无法读取更新文件夹 {folder}（{why}）。请 IT 检查共享，或更正工站文件 [updates] 下的 `folder`。产线照常工作。</translation>
        </message>
        <message>
            <source>The list of updates in {folder} does not hold ({why}). Install nothing from there, and tell IT. The line works on.</source>
            <extracomment>UPD-102</extracomment>
            <translation>{folder} 中的更新清单不成立（{why}）。请勿安装其中任何内容，并告知 IT。产线照常工作。</translation>
        </message>
        <message>
            <source>The list of updates in {folder} can't be read ({why}). Have IT write it anew with the tool of the newest station. The line works on.</source>
            <extracomment>UPD-103</extracomment>
            <translation>无法读取 {folder} 中的更新清单（{why}）。请 IT 用最新版工站的工具重新编写。产线照常工作。</translation>
        </message>
        <message>
            <source>{file} in {folder} is not the package that the list of updates names ({why}). Nobody is to install it: have IT copy it there once more. The line works on.</source>
            <extracomment>UPD-104</extracomment>
            <translation>{folder} 中的 {file} 不是更新清单所列的安装包（{why}）。任何人都不得安装它：请 IT 重新复制到那里。产线照常工作。</translation>
        </message>
        <message>
            <source>The newest package in {folder} is {found}, older than this station ({running}). Have IT put the newer one there, or leave things as they are. The line works on.</source>
            <extracomment>UPD-105</extracomment>
            <translation>{folder} 中最新的安装包是 {found}，比本工站（{running}）旧。请 IT 把新版放到那里，或保持现状。产线照常工作。</translation>
        </message>
        <message>
            <source>The key under [updates] in the station file can't be read ({why}). Copy it once more, as one line, from the station.vkey of whoever signs the list. The line works on.</source>
            <extracomment>UPD-106</extracomment>
            <translation>无法读取工站文件 [updates] 下的密钥（{why}）。请从清单签名者的 station.vkey 中重新复制成一行。产线照常工作。</translation>
        </message>
    </context>
    <context>
        <name>FixtureStep</name>
        <message>
            <source>Simulated boards: to learn and to try, no hardware</source>
            <translation>模拟电路板：用于学习和试用，无需硬件</translation>
        </message>
        <message>
            <source>What is plugged in now: one slot for each</source>
            <translation>现在已插入的设备：每个对应一个工位</translation>
        </message>
        <message>
            <source>A fixture file that is there already</source>
            <translation>使用已有的夹具文件</translation>
        </message>
        <message>
            <source>How many simulated slots</source>
            <translation>模拟工位数量</translation>
        </message>
        <message>
            <source>Look again</source>
            <translation>重新查找</translation>
        </message>
        <message>
            <source>Fixture file</source>
            <translation>夹具文件</translation>
        </message>
        <message>
            <source>Slots</source>
            <translation>工位</translation>
        </message>
        <message>
            <source>Any of it can be changed later: on the station's page a slot learns what is plugged into it.</source>
            <translation>以后都可以更改：在“工站”页可让工位识别插在其上的设备。</translation>
        </message>
        <message>
            <source>Fixture</source>
            <translation>夹具</translation>
        </message>
        <message>
            <source>What the boards are put into, and what speaks to them there.</source>
            <translation>放置电路板并与其通信的装置。</translation>
        </message>
        <message>
            <source>Nothing is plugged in yet. Plug in the probes or boards, then look again.</source>
            <translation>尚未插入任何设备。请插入调试器或电路板，然后重新查找。</translation>
        </message>
        <message>
            <source>Name the fixture file.</source>
            <translation>请指定夹具文件。</translation>
        </message>
        <message>
            <source>Slot {slot}: {what}, {name}</source>
            <translation>工位 {slot}：{what}，{name}</translation>
        </message>
        <message>
            <source>Nothing is plugged in.</source>
            <translation>未插入任何设备。</translation>
        </message>
    </context>
    <context>
        <name>HeaderBar</name>
        <message>
            <source>nRF91 station</source>
            <translation>nRF91 工站</translation>
        </message>
        <message>
            <source>No batch</source>
            <translation>无批次</translation>
        </message>
        <message>
            <source>Arm one on the Batch page (F2).</source>
            <translation>请在“批次”页（F2）启用一个。</translation>
        </message>
        <message>
            <source>{done} of {quantity}</source>
            <translation>{done} / {quantity}</translation>
        </message>
        <message>
            <source>passed</source>
            <translation>合格</translation>
        </message>
        <message>
            <source>failed</source>
            <translation>不合格</translation>
        </message>
        <message>
            <source>first pass</source>
            <translation>一次通过</translation>
        </message>
        <message>
            <source>for the cloud</source>
            <translation>待上云</translation>
        </message>
        <message>
            <source>for the cloud, oldest {age}</source>
            <translation>待上云，最久 {age}</translation>
        </message>
        <message>
            <source>for the cloud, {number} to decide</source>
            <translation>待上云，{number} 个待决定</translation>
        </message>
        <message>
            <source>{count} min</source>
            <translation>{count} 分</translation>
        </message>
        <message>
            <source>{count} h</source>
            <translation>{count} 小时</translation>
        </message>
        <message>
            <source>{count} days</source>
            <translation>{count} 天</translation>
        </message>
        <message>
            <source>Sign in</source>
            <translation>登录</translation>
        </message>
        <message>
            <source>{name} · {seconds} s</source>
            <translation>{name} · {seconds} 秒</translation>
        </message>
        <message>
            <source>{name} is signed out in {seconds} seconds</source>
            <translation>{name} 将在 {seconds} 秒后退出登录</translation>
        </message>
        <message>
            <source>Sign out {name}</source>
            <translation>{name} 退出登录</translation>
        </message>
        <message>
            <source>{roles}. Press to sign out (F8).</source>
            <translation>{roles}。按此退出登录（F8）。</translation>
        </message>
    </context>
    <context>
        <name>HoldButton</name>
        <message>
            <source>Hold for one second.</source>
            <translation>请长按一秒。</translation>
        </message>
        <message>
            <source>Hold 1 s</source>
            <translation>长按 1 秒</translation>
        </message>
    </context>
    <context>
        <name>LanguageStep</name>
        <message>
            <source>This PC's language  ·  本机语言</source>
            <translation>This PC's language  ·  本机语言</translation>
        </message>
        <message>
            <source>It can be changed at any time, on the station's page.</source>
            <translation>以后可随时在“工站”页更改。</translation>
        </message>
        <message>
            <source>Language</source>
            <translation>语言</translation>
        </message>
        <message>
            <source>Ten minutes from here to a station that has built its first unit. 请选择语言。</source>
            <translation>十分钟之后，工站就会做出它的首个单元。请选择语言。</translation>
        </message>
    </context>
    <context>
        <name>LineBar</name>
        <message>
            <source>Resume</source>
            <translation>继续</translation>
        </message>
        <message>
            <source>Pause</source>
            <translation>暂停</translation>
        </message>
        <message>
            <source>Slot {number}: {code} {sentence}</source>
            <translation>工位 {number}：{code} {sentence}</translation>
        </message>
        <message>
            <source>The engine is gone: what is shown here may be old. The line may still be at work.</source>
            <translation>引擎已中断：此处显示的内容可能已过时。产线可能仍在工作。</translation>
        </message>
        <message>
            <source>The batch is being armed…</source>
            <translation>正在启用批次…</translation>
        </message>
        <message>
            <source>No batch is on the line.</source>
            <translation>产线上没有批次。</translation>
        </message>
        <message>
            <source>Slot {number} is chosen: scan its label.</source>
            <translation>已选工位 {number}：请扫描其标签。</translation>
        </message>
        <message>
            <source>Paused: boards at work are finished, no others are begun. {rest}</source>
            <translation>已暂停：在制的板会做完，不再开始新板。{rest}</translation>
        </message>
        <message>
            <source>No slot waits for a label. {rest}</source>
            <translation>没有工位在等待标签。{rest}</translation>
        </message>
        <message>
            <source>Scan a label: it goes to slot {number}. For another slot, type its number first.</source>
            <translation>请扫描标签：将分配到工位 {number}。要用其他工位，请先输入其编号。</translation>
        </message>
        <message>
            <source>{count} of {slots} slots are at work.</source>
            <translation>{slots} 个工位中有 {count} 个在工作。</translation>
        </message>
        <message>
            <source>slot {number}: {step}</source>
            <translation>工位 {number}：{step}</translation>
        </message>
        <message>
            <source>Stopping: no board is at work any more; the last upload ends in a moment.</source>
            <translation>正在停止：已没有板在工作；最后一次上传即将结束。</translation>
        </message>
        <message>
            <source>Stopping: no new boards, running steps end. {slots}</source>
            <translation>正在停止：不再放新板，当前步骤做完为止。{slots}</translation>
        </message>
        <message>
            <source>Hold to stop</source>
            <translation>长按停止</translation>
        </message>
        <message>
            <source>Stop the line: hold for one second</source>
            <translation>停止产线：请长按一秒</translation>
        </message>
        <message>
            <source>Arm a batch</source>
            <translation>启用批次</translation>
        </message>
    </context>
    <context>
        <name>LinePage</name>
        <message>
            <source>{label} was not taken: no slot waits for a board.</source>
            <translation>未接受 {label}：没有工位在等待电路板。</translation>
        </message>
        <message>
            <source>{code}: this fixture has no such slot.</source>
            <translation>{code}：此夹具没有这个工位。</translation>
        </message>
        <message>
            <source>This fixture has no slot {number}.</source>
            <translation>此夹具没有工位 {number}。</translation>
        </message>
    </context>
    <context>
        <name>MainWindow</name>
        <message>
            <source>nRF91 station – {name}</source>
            <translation>nRF91 工站 – {name}</translation>
        </message>
        <message>
            <source>Connecting</source>
            <translation>正在连接</translation>
        </message>
        <message>
            <source>Nobody works here yet: make the first engineer on the Station page (F6).</source>
            <translation>这里还没有人员：请在“工站”页（F6）建立第一位工程师。</translation>
        </message>
        <message>
            <source>Signed out: nobody did anything here for a while.</source>
            <translation>已退出登录：这里有一段时间无人操作。</translation>
        </message>
        <message>
            <source>Engine lost</source>
            <translation>引擎中断</translation>
        </message>
        <message>
            <source>Start again</source>
            <translation>重新启动</translation>
        </message>
        <message>
            <source>Updating record</source>
            <translation>正在更新记录</translation>
        </message>
        <message>
            <source>After an update the record is copied, then brought to its format. Leave the PC on and wait.</source>
            <translation>更新之后，先备份记录，再把它转换为新格式。请不要关闭电脑，稍候片刻。</translation>
        </message>
        <message>
            <source>No answer</source>
            <translation>无响应</translation>
        </message>
        <message>
            <source>A scan was cut off after {count} characters. Scan again.</source>
            <translation>扫码在 {count} 个字符后中断。请重新扫码。</translation>
        </message>
        <message>
            <source>That looked like a scan without its prefix. Set the scanner up again (Station › This window).</source>
            <translation>这像是一次没有前缀的扫描。请重新设置扫码枪(工站 › 此窗口)。</translation>
        </message>
        <message>
            <source>Scanner: {sentence}</source>
            <translation>扫码枪：{sentence}</translation>
        </message>
    </context>
    <context>
        <name>MakeStep</name>
        <message>
            <source>Write the settings and keep the secrets</source>
            <translation>写入设置并保存机密</translation>
        </message>
        <message>
            <source>Start the engine</source>
            <translation>启动引擎</translation>
        </message>
        <message>
            <source>Make the first engineer and the station's signing key</source>
            <translation>建立第一位工程师和工站的签名密钥</translation>
        </message>
        <message>
            <source>Make the CA, or look at the one there is</source>
            <translation>建立 CA，或查看已有的 CA</translation>
        </message>
        <message>
            <source>Release the settings as they are</source>
            <translation>按现状放行设置</translation>
        </message>
        <message>
            <source>Begin</source>
            <translation>开始</translation>
        </message>
        <message>
            <source>From here on it is done: files are written, and the record begins.</source>
            <translation>从这里开始正式执行：写入文件，开始记录。</translation>
        </message>
        <message>
            <source>Try again</source>
            <translation>重试</translation>
        </message>
        <message>
            <source>Press Begin. Up to here nothing was written.</source>
            <translation>请按“开始”。到此为止尚未写入任何内容。</translation>
        </message>
        <message>
            <source>Press Begin. The station file is there already and stays as it is.</source>
            <translation>请按“开始”。工站文件已存在，将保持不变。</translation>
        </message>
        <message>
            <source>This takes some seconds; making keys is slow on purpose.</source>
            <translation>需要几秒钟；密钥生成有意放慢。</translation>
        </message>
        <message>
            <source>Done: the station exists.</source>
            <translation>完成：工站已建立。</translation>
        </message>
    </context>
    <context>
        <name>MessageStrip</name>
        <message>
            <source>Put this message away</source>
            <translation>收起此消息</translation>
        </message>
        <message>
            <source>Next message</source>
            <translation>下一条消息</translation>
        </message>
    </context>
    <context>
        <name>NewPin</name>
        <message>
            <source>New PIN</source>
            <translation>新 PIN</translation>
        </message>
        <message>
            <source>The same again</source>
            <translation>再输入一次</translation>
        </message>
    </context>
    <context>
        <name>PastBanner</name>
        <message>
            <source>Back to the list (Esc)</source>
            <translation>返回列表（Esc）</translation>
        </message>
        <message>
            <source>This is the record of one unit, as the journal has it.</source>
            <translation>这是日志中一个单元的记录。</translation>
        </message>
        <message>
            <source>The line goes on: batch {batch}, {count} slot(s) at work.</source>
            <translation>产线仍在运行：批次 {batch}，{count} 个工位在工作。</translation>
        </message>
    </context>
    <context>
        <name>PeoplePanel</name>
        <message>
            <source>An engineer manages people: sign in first.</source>
            <translation>人员由工程师管理：请先登录。</translation>
        </message>
        <message>
            <source>People</source>
            <translation>人员</translation>
        </message>
        <message>
            <source>ID</source>
            <translation>编号</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>姓名</translation>
        </message>
        <message>
            <source>Roles</source>
            <translation>角色</translation>
        </message>
        <message>
            <source>State</source>
            <translation>状态</translation>
        </message>
        <message>
            <source>What to do</source>
            <translation>操作</translation>
        </message>
        <message>
            <source>Add somebody</source>
            <translation>添加人员</translation>
        </message>
        <message>
            <source>Give a new PIN</source>
            <translation>设置新 PIN</translation>
        </message>
        <message>
            <source>Give other roles</source>
            <translation>更改角色</translation>
        </message>
        <message>
            <source>Let sign in no more</source>
            <translation>不再允许登录</translation>
        </message>
        <message>
            <source>Forget the name for good</source>
            <translation>永久删除姓名</translation>
        </message>
        <message>
            <source>Badge</source>
            <translation>工牌</translation>
        </message>
        <message>
            <source>scan it, if there is one</source>
            <translation>如有，请扫描</translation>
        </message>
        <message>
            <source>Reason</source>
            <translation>原因</translation>
        </message>
        <message>
            <source>why (for the record; no names)</source>
            <translation>原因（写入记录；勿写姓名）</translation>
        </message>
        <message>
            <source>A second person agrees (needed for whoever may agree themselves)</source>
            <translation>复核人同意（对象本人可作复核人时必需）</translation>
        </message>
        <message>
            <source>Add</source>
            <translation>添加</translation>
        </message>
        <message>
            <source>Do</source>
            <translation>操作</translation>
        </message>
        <message>
            <source>PIN</source>
            <translation>PIN</translation>
        </message>
        <message>
            <source>disabled</source>
            <translation>已停用</translation>
        </message>
        <message>
            <source>made alone</source>
            <translation>单人建立</translation>
        </message>
        <message>
            <source>(forgotten)</source>
            <translation>（已删除）</translation>
        </message>
        <message>
            <source>Give new PIN</source>
            <translation>设置新 PIN</translation>
        </message>
        <message>
            <source>Give these roles</source>
            <translation>设置这些角色</translation>
        </message>
        <message>
            <source>Forget for good</source>
            <translation>永久删除</translation>
        </message>
        <message>
            <source>Type the name to sign in with.</source>
            <translation>请输入登录用的姓名。</translation>
        </message>
        <message>
            <source>Type the new PIN twice, the same both times.</source>
            <translation>请输入两次相同的新 PIN。</translation>
        </message>
        <message>
            <source>Choose at least one role.</source>
            <translation>请至少选择一个角色。</translation>
        </message>
        <message>
            <source>{id} {name}: done, and in the record.</source>
            <translation>{id} {name}：已完成，并写入记录。</translation>
        </message>
    </context>
    <context>
        <name>PersonFields</name>
        <message>
            <source>Name or badge</source>
            <translation>姓名或工牌</translation>
        </message>
        <message>
            <source>PIN</source>
            <translation>PIN</translation>
        </message>
    </context>
    <context>
        <name>Phrase</name>
        <message>
            <source>go offline</source>
            <translation>进入离线状态</translation>
        </message>
        <message>
            <source>switch off</source>
            <translation>关机</translation>
        </message>
        <message>
            <source>tell its firmware</source>
            <translation>报告固件版本</translation>
        </message>
        <message>
            <source>tell its maker</source>
            <translation>报告制造商</translation>
        </message>
        <message>
            <source>tell its model</source>
            <translation>报告型号</translation>
        </message>
        <message>
            <source>measure its supply</source>
            <translation>测量供电电压</translation>
        </message>
        <message>
            <source>take the time</source>
            <translation>设置时间</translation>
        </message>
        <message>
            <source>delete the {kind} in security tag {tag}</source>
            <translation>删除安全标签 {tag} 中的 {kind}</translation>
        </message>
        <message>
            <source>make the {kind} in security tag {tag}</source>
            <translation>在安全标签 {tag} 中生成 {kind}</translation>
        </message>
        <message>
            <source>store the {kind} in security tag {tag}</source>
            <translation>在安全标签 {tag} 中存储 {kind}</translation>
        </message>
        <message>
            <source>read the {kind} in security tag {tag}</source>
            <translation>读取安全标签 {tag} 中的 {kind}</translation>
        </message>
        <message>
            <source>program</source>
            <translation>烧录</translation>
        </message>
        <message>
            <source>program the board</source>
            <translation>烧录电路板</translation>
        </message>
        <message>
            <source>program the modem of</source>
            <translation>烧录调制解调器</translation>
        </message>
        <message>
            <source>verify</source>
            <translation>校验</translation>
        </message>
        <message>
            <source>verify the board</source>
            <translation>校验电路板</translation>
        </message>
        <message>
            <source>verify what is programmed</source>
            <translation>校验已烧录内容</translation>
        </message>
        <message>
            <source>reset</source>
            <translation>复位</translation>
        </message>
        <message>
            <source>reset the board</source>
            <translation>复位电路板</translation>
        </message>
        <message>
            <source>restart</source>
            <translation>重启</translation>
        </message>
        <message>
            <source>look at</source>
            <translation>查看</translation>
        </message>
        <message>
            <source>look at the board</source>
            <translation>查看电路板</translation>
        </message>
        <message>
            <source>look for the probe</source>
            <translation>查找调试器</translation>
        </message>
        <message>
            <source>list the programmers</source>
            <translation>列出编程器</translation>
        </message>
        <message>
            <source>recover</source>
            <translation>恢复</translation>
        </message>
        <message>
            <source>recover the board</source>
            <translation>恢复电路板</translation>
        </message>
        <message>
            <source>lock</source>
            <translation>锁定</translation>
        </message>
        <message>
            <source>lock the board</source>
            <translation>锁定电路板</translation>
        </message>
        <message>
            <source>lock out recoveries</source>
            <translation>禁止恢复</translation>
        </message>
        <message>
            <source>lock out recoveries of</source>
            <translation>禁止恢复</translation>
        </message>
        <message>
            <source>lock out erasing of</source>
            <translation>禁止擦除</translation>
        </message>
        <message>
            <source>lock out erasing of the board</source>
            <translation>禁止擦除电路板</translation>
        </message>
        <message>
            <source>lock out recovery (ERASEPROTECT)</source>
            <translation>禁止恢复（ERASEPROTECT）</translation>
        </message>
        <message>
            <source>be told from others</source>
            <translation>与其他编程器区分</translation>
        </message>
        <message>
            <source>be used</source>
            <translation>使用</translation>
        </message>
        <message>
            <source>erase a chip that is none of ours</source>
            <translation>擦除不属于我们的芯片</translation>
        </message>
        <message>
            <source>on</source>
            <translation>开</translation>
        </message>
        <message>
            <source>off</source>
            <translation>关</translation>
        </message>
        <message>
            <source>no chip answers</source>
            <translation>没有芯片应答</translation>
        </message>
        <message>
            <source>the programmer was unplugged</source>
            <translation>编程器被拔出</translation>
        </message>
        <message>
            <source>it still is locked afterwards</source>
            <translation>之后仍处于锁定状态</translation>
        </message>
        <message>
            <source>it was locked before ERASEPROTECT could be set</source>
            <translation>在设置 ERASEPROTECT 之前已被锁定</translation>
        </message>
        <message>
            <source>the probe can't tell whether it is locked already</source>
            <translation>调试器无法判断它是否已锁定</translation>
        </message>
        <message>
            <source>ERASEPROTECT is not set behind a reset</source>
            <translation>复位后 ERASEPROTECT 未生效</translation>
        </message>
        <message>
            <source>erase protection reads as off after it was switched on</source>
            <translation>打开擦除保护后读回仍为关闭</translation>
        </message>
        <message>
            <source>of another series</source>
            <translation>其他系列</translation>
        </message>
        <message>
            <source>server root</source>
            <translation>服务器根证书</translation>
        </message>
        <message>
            <source>client certificate</source>
            <translation>客户端证书</translation>
        </message>
        <message>
            <source>client key</source>
            <translation>客户端密钥</translation>
        </message>
        <message>
            <source>root ca</source>
            <translation>服务器根证书</translation>
        </message>
        <message>
            <source>client cert</source>
            <translation>客户端证书</translation>
        </message>
        <message>
            <source>serial number</source>
            <translation>序列号</translation>
        </message>
        <message>
            <source>device ID</source>
            <translation>设备 ID</translation>
        </message>
        <message>
            <source>product</source>
            <translation>产品</translation>
        </message>
        <message>
            <source>recipe (its file or an image has changed)</source>
            <translation>配方（其文件或映像已更改）</translation>
        </message>
        <message>
            <source>CA passphrase</source>
            <translation>CA 口令</translation>
        </message>
        <message>
            <source>API key</source>
            <translation>API 密钥</translation>
        </message>
        <message>
            <source>audience</source>
            <translation>受众（audience）</translation>
        </message>
        <message>
            <source>subject</source>
            <translation>主体（subject）</translation>
        </message>
        <message>
            <source>modem</source>
            <translation>调制解调器</translation>
        </message>
        <message>
            <source>none</source>
            <translation>无</translation>
        </message>
        <message>
            <source>of this recipe</source>
            <translation>（本配方）</translation>
        </message>
        <message>
            <source>of this slot</source>
            <translation>（本工位）</translation>
        </message>
        <message>
            <source>of the upload</source>
            <translation>（上传）</translation>
        </message>
        <message>
            <source>has passed</source>
            <translation>已合格</translation>
        </message>
        <message>
            <source>is in quarantine</source>
            <translation>已隔离</translation>
        </message>
        <message>
            <source>another slot is working on</source>
            <translation>另一个工位正在处理</translation>
        </message>
        <message>
            <source>waiting</source>
            <translation>等待</translation>
        </message>
        <message>
            <source>sending</source>
            <translation>上传中</translation>
        </message>
        <message>
            <source>onboarded</source>
            <translation>已上云</translation>
        </message>
        <message>
            <source>refused</source>
            <translation>被拒绝</translation>
        </message>
        <message>
            <source>unknown</source>
            <translation>未知</translation>
        </message>
        <message>
            <source>held</source>
            <translation>暂缓</translation>
        </message>
        <message>
            <source>it takes 4 to 12 digits</source>
            <translation>须为 4 至 12 位数字</translation>
        </message>
        <message>
            <source>it is one of the first that anybody tries</source>
            <translation>这是别人最先会猜的</translation>
        </message>
        <message>
            <source>everybody but a service has one</source>
            <translation>除“服务”外每个人都必须有 PIN</translation>
        </message>
        <message>
            <source>a person needs at least one role</source>
            <translation>一个人至少需要一个角色</translation>
        </message>
        <message>
            <source>a service has no other role; it overrides nothing</source>
            <translation>“服务”不能有其他角色；它不能越权</translation>
        </message>
        <message>
            <source>letters, digits, spaces and .'- only, at most 48</source>
            <translation>只能用字母、数字、空格和 .'-，最多 48 个字符</translation>
        </message>
        <message>
            <source>it looks like a person's ID</source>
            <translation>它看起来像人员编号</translation>
        </message>
        <message>
            <source>it needs at least {count} characters</source>
            <translation>至少需要 {count} 个字符</translation>
        </message>
        <message>
            <source>it is longer than {count} bytes</source>
            <translation>超过 {count} 字节</translation>
        </message>
        <message>
            <source>it begins or ends with a space, or holds characters that don't show</source>
            <translation>开头或结尾有空格，或含有不可见字符</translation>
        </message>
        <message>
            <source>it repeats the same few characters</source>
            <translation>只是重复少数几个字符</translation>
        </message>
        <message>
            <source>it must be {wanted}</source>
            <translation>必须是 {wanted}</translation>
        </message>
        <message>
            <source>it doesn't look like {pattern}</source>
            <translation>不符合格式 {pattern}</translation>
        </message>
        <message>
            <source>it takes two labels of one length, with .. between</source>
            <translation>须为两个等长的标签，中间用 ..</translation>
        </message>
        <message>
            <source>the first label comes behind the last</source>
            <translation>首个标签排在末个标签之后</translation>
        </message>
        <message>
            <source>the environment variable {name} does not exist</source>
            <translation>环境变量 {name} 不存在</translation>
        </message>
        <message>
            <source>the keyring entry {name} does not exist</source>
            <translation>密钥环条目 {name} 不存在</translation>
        </message>
        <message>
            <source>the file {path} does not exist</source>
            <translation>文件 {path} 不存在</translation>
        </message>
        <message>
            <source>the keyring refused to give {name}</source>
            <translation>密钥环拒绝提供 {name}</translation>
        </message>
        <message>
            <source>Set {name} for the user who runs the station.</source>
            <translation>请为运行工站的用户设置 {name}。</translation>
        </message>
        <message>
            <source>Store it as this user: {command}</source>
            <translation>请以该用户身份保存：{command}</translation>
        </message>
        <message>
            <source>Write it into that file, on one line.</source>
            <translation>请写入该文件，占一行。</translation>
        </message>
        <message>
            <source>Unlock the keyring of the user who runs the station, then try again.</source>
            <translation>请解锁运行工站的用户的密钥环，然后重试。</translation>
        </message>
        <message>
            <source>this PC has no keyring that protects it</source>
            <translation>本机没有能保护它的密钥环</translation>
        </message>
        <message>
            <source>it gave something else back</source>
            <translation>它返回了别的内容</translation>
        </message>
        <message>
            <source>SQLite says so</source>
            <translation>SQLite 报告</translation>
        </message>
        <message>
            <source>it is not a journal</source>
            <translation>它不是日志</translation>
        </message>
        <message>
            <source>an entry is missing</source>
            <translation>缺少一条记录</translation>
        </message>
        <message>
            <source>an entry can't be read</source>
            <translation>一条记录无法读取</translation>
        </message>
        <message>
            <source>a certificate is missing</source>
            <translation>缺少一张证书</translation>
        </message>
        <message>
            <source>a checkpoint is missing</source>
            <translation>缺少一个检查点</translation>
        </message>
        <message>
            <source>it is a zip file</source>
            <translation>它是 zip 文件</translation>
        </message>
        <message>
            <source>it is no zip file, or a damaged one</source>
            <translation>它不是 zip 文件，或已损坏</translation>
        </message>
        <message>
            <source>it writes the UICR alone</source>
            <translation>它只写 UICR</translation>
        </message>
        <message>
            <source>there is no vector table at {address}</source>
            <translation>{address} 处没有向量表</translation>
        </message>
        <message>
            <source>line {number} is no record</source>
            <translation>第 {number} 行不是记录</translation>
        </message>
        <message>
            <source>line {number} stands behind the end record</source>
            <translation>第 {number} 行在结束记录之后</translation>
        </message>
        <message>
            <source>it is not there in time</source>
            <translation>未能及时就绪</translation>
        </message>
        <message>
            <source>its program did not run</source>
            <translation>其程序未运行</translation>
        </message>
        <message>
            <source>it ran before and did not pass</source>
            <translation>它此前执行过且未通过</translation>
        </message>
        <message>
            <source>the station made a mistake</source>
            <translation>工站出错</translation>
        </message>
        <message>
            <source>the private key</source>
            <translation>私钥</translation>
        </message>
        <message>
            <source>the certificate</source>
            <translation>证书</translation>
        </message>
    </context>
    <context>
        <name>ProductFacts</name>
        <message>
            <source>Not as an engineer released it: {what}</source>
            <translation>与工程师放行的不一致：{what}</translation>
        </message>
        <message>
            <source>Station file, fixture and recipe are as an engineer released them.</source>
            <translation>工站文件、夹具和配方均与工程师放行的一致。</translation>
        </message>
        <message>
            <source>Recipe</source>
            <translation>配方</translation>
        </message>
        <message>
            <source>Image {name}</source>
            <translation>映像 {name}</translation>
        </message>
        <message>
            <source>{count} steps</source>
            <translation>{count} 个步骤</translation>
        </message>
        <message>
            <source>Labels are scanned.</source>
            <translation>扫描标签。</translation>
        </message>
        <message>
            <source>Labels are not scanned.</source>
            <translation>不扫描标签。</translation>
        </message>
        <message>
            <source>Finished units go to the cloud.</source>
            <translation>完成的单元上传云端。</translation>
        </message>
        <message>
            <source>Not for the cloud.</source>
            <translation>不上云。</translation>
        </message>
        <message>
            <source>A board takes about {time}.</source>
            <translation>每块板约需 {time}。</translation>
        </message>
        <message>
            <source>Also</source>
            <translation>其他</translation>
        </message>
        <message>
            <source>What will be built</source>
            <translation>生产内容</translation>
        </message>
    </context>
    <context>
        <name>QualityPage</name>
        <message>
            <source>Today</source>
            <translation>今天</translation>
        </message>
        <message>
            <source>7 days</source>
            <translation>7 天</translation>
        </message>
        <message>
            <source>30 days</source>
            <translation>30 天</translation>
        </message>
        <message>
            <source>90 days</source>
            <translation>90 天</translation>
        </message>
        <message>
            <source>All</source>
            <translation>全部</translation>
        </message>
        <message>
            <source>Product</source>
            <translation>产品</translation>
        </message>
        <message>
            <source>All products</source>
            <translation>全部产品</translation>
        </message>
        <message>
            <source>Counting…</source>
            <translation>正在统计…</translation>
        </message>
        <message>
            <source>First-pass yield</source>
            <translation>一次通过率</translation>
        </message>
        <message>
            <source>First attempts</source>
            <translation>首次尝试</translation>
        </message>
        <message>
            <source>Attempts that ended</source>
            <translation>已结束的尝试</translation>
        </message>
        <message>
            <source>Middle cycle time</source>
            <translation>周期时间中位数</translation>
        </message>
        <message>
            <source>Most frequent fault</source>
            <translation>最常见故障</translation>
        </message>
        <message>
            <source>First-pass yield over time</source>
            <translation>一次通过率趋势</translation>
        </message>
        <message>
            <source>Faults</source>
            <translation>故障</translation>
        </message>
        <message>
            <source>Cycle time by slot</source>
            <translation>各工位周期时间</translation>
        </message>
        <message>
            <source>Cycle time by step</source>
            <translation>各步骤周期时间</translation>
        </message>
        <message>
            <source>Counted in {seconds}; the line was not held up</source>
            <translation>统计用时 {seconds}；产线未受影响</translation>
        </message>
        <message>
            <source>None</source>
            <translation>无</translation>
        </message>
        <message>
            <source>Slots differ</source>
            <translation>工位有差异</translation>
        </message>
        <message>
            <source>And {count} more.</source>
            <translation>另有 {count} 个。</translation>
        </message>
        <message>
            <source>Too few to judge</source>
            <translation>数据太少，无法判断</translation>
        </message>
        <message>
            <source>Slots agree</source>
            <translation>工位一致</translation>
        </message>
        <message>
            <source>A slot differs when its middle cycle time lies more than 3 times the others' usual distance from the others' middle (1.48 × median distance, at least 2 % of it), or when its first-pass yield is lower than the others' middle by more than 3 standard errors and 2 points. Judged from {least} attempts a slot and {slots} slots on.</source>
            <translation>若某工位的周期时间中位数与其他工位中位数之差，超过其他工位通常偏差的 3 倍（1.48 × 中位绝对偏差，至少为其 2 %），或其一次通过率比其他工位的中位数低 3 个标准误差以上且低 2 个百分点以上，则判为有差异。每个工位至少 {least} 次尝试、至少 {slots} 个工位才作判断。</translation>
        </message>
        <message>
            <source>slower</source>
            <translation>较慢</translation>
        </message>
        <message>
            <source>faster</source>
            <translation>较快</translation>
        </message>
        <message>
            <source>lower yield</source>
            <translation>通过率低</translation>
        </message>
        <message>
            <source>Slot {slot} is slower: {own}, the others {others}.</source>
            <translation>工位 {slot} 较慢：{own}，其他工位 {others}。</translation>
        </message>
        <message>
            <source>Slot {slot} is faster: {own}, the others {others}.</source>
            <translation>工位 {slot} 较快：{own}，其他工位 {others}。</translation>
        </message>
        <message>
            <source>Slot {slot} has a lower first-pass yield: {own}, the others {others}.</source>
            <translation>工位 {slot} 一次通过率较低：{own}，其他工位 {others}。</translation>
        </message>
        <message>
            <source>No journal yet: it begins with the first batch.</source>
            <translation>尚无日志：从第一个批次开始记录。</translation>
        </message>
    </context>
    <context>
        <name>Rail</name>
        <message>
            <source>Line</source>
            <translation>产线</translation>
        </message>
        <message>
            <source>Batch</source>
            <translation>批次</translation>
        </message>
        <message>
            <source>Units</source>
            <translation>单元</translation>
        </message>
        <message>
            <source>Uploads</source>
            <translation>上传</translation>
        </message>
        <message>
            <source>Quality</source>
            <translation>质量</translation>
        </message>
        <message>
            <source>Station</source>
            <translation>工站</translation>
        </message>
    </context>
    <context>
        <name>RecordWords</name>
        <message>
            <source>In work</source>
            <translation>在制</translation>
        </message>
        <message>
            <source>Stands</source>
            <translation>有效</translation>
        </message>
        <message>
            <source>Stands, but can't be used</source>
            <translation>有效，但不能使用</translation>
        </message>
        <message>
            <source>Stands, but perhaps can't be used</source>
            <translation>有效，但可能不能使用</translation>
        </message>
        <message>
            <source>Superseded</source>
            <translation>已被取代</translation>
        </message>
        <message>
            <source>Intended, never signed</source>
            <translation>已登记，从未签发</translation>
        </message>
        <message>
            <source>Deleted by hand</source>
            <translation>手动删除</translation>
        </message>
        <message>
            <source>1 unit</source>
            <translation>1 个单元</translation>
        </message>
        <message>
            <source>{number} units</source>
            <translation>{number} 个单元</translation>
        </message>
        <message>
            <source>{days} d {hours} h</source>
            <translation>{days} 天 {hours} 小时</translation>
        </message>
        <message>
            <source>{hours} h {minutes} min</source>
            <translation>{hours} 小时 {minutes} 分</translation>
        </message>
        <message>
            <source>{minutes} min</source>
            <translation>{minutes} 分</translation>
        </message>
        <message>
            <source>{seconds} s</source>
            <translation>{seconds} 秒</translation>
        </message>
    </context>
    <context>
        <name>ReworkPanel</name>
        <message>
            <source>Reason</source>
            <translation>原因</translation>
        </message>
        <message>
            <source>Declare the rework</source>
            <translation>登记返工</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>关闭</translation>
        </message>
        <message>
            <source>Rework</source>
            <translation>返工</translation>
        </message>
        <message>
            <source>Second person: a line lead, engineer, QA or CA keeper, not you</source>
            <translation>复核人：线长、工程师、质检或 CA 保管员，不能是您本人</translation>
        </message>
        <message>
            <source>{device} is not built once more: it is again what it was, and waits for the cloud again if it did.</source>
            <translation>{device} 不再重新生产：它恢复为原来的状态；如果原先在等待上传云端，则继续等待。</translation>
        </message>
        <message>
            <source>{device} may be built once more: it gets another key and certificate; the certificate that it has is superseded.</source>
            <translation>{device} 可以再生产一次：它将获得新的密钥和证书；现有证书被取代。</translation>
        </message>
        <message>
            <source>Withdraw the rework</source>
            <translation>撤回返工</translation>
        </message>
        <message>
            <source>Say why the unit is to be built again.</source>
            <translation>请说明此单元重新生产的原因。</translation>
        </message>
        <message>
            <source>Say why it is not to be built again.</source>
            <translation>请说明为什么不再重新生产。</translation>
        </message>
        <message>
            <source>A second person types name and PIN.</source>
            <translation>请由复核人输入姓名和 PIN。</translation>
        </message>
        <message>
            <source>Asking the engine.</source>
            <translation>正在询问引擎。</translation>
        </message>
        <message>
            <source>Declared. Put the unit into a slot to build it again.</source>
            <translation>已登记。请将单元放入工位重新生产。</translation>
        </message>
        <message>
            <source>Withdrawn. The unit is what it was before.</source>
            <translation>已撤回。该单元恢复为原来的状态。</translation>
        </message>
    </context>
    <context>
        <name>SettingsPanel</name>
        <message>
            <source>Only an engineer changes settings: sign in first, then unlock.</source>
            <translation>设置只能由工程师更改：请先登录，再解锁。</translation>
        </message>
        <message>
            <source>Discard changes</source>
            <translation>放弃更改</translation>
        </message>
        <message>
            <source>Unlocked. What is wrong with the text shows beside it while you write.</source>
            <translation>已解锁。编写时，文本中的错误会显示在旁边。</translation>
        </message>
        <message>
            <source>Signed out, and locked again. What was typed is still here: sign in and unlock.</source>
            <translation>已退出登录并重新锁定。您输入的内容仍在：请登录并解锁。</translation>
        </message>
        <message>
            <source>Write why: the reason is in the record with the old and the new text.</source>
            <translation>请写明原因：原因会与新旧文本一起写入记录。</translation>
        </message>
        <message>
            <source>Saving …</source>
            <translation>正在保存…</translation>
        </message>
        <message>
            <source>Settings files</source>
            <translation>设置文件</translation>
        </message>
        <message>
            <source>The file's text</source>
            <translation>文件文本</translation>
        </message>
        <message>
            <source>What is wrong with the text</source>
            <translation>文本中的错误</translation>
        </message>
        <message>
            <source>What is wrong with it</source>
            <translation>错误</translation>
        </message>
        <message>
            <source>Unlock</source>
            <translation>解锁</translation>
        </message>
        <message>
            <source>Unlock or discard</source>
            <translation>解锁或放弃</translation>
        </message>
        <message>
            <source>Reason</source>
            <translation>原因</translation>
        </message>
        <message>
            <source>Why (for the record; no names)</source>
            <translation>原因（写入记录；勿写姓名）</translation>
        </message>
        <message>
            <source>Save and release</source>
            <translation>保存并放行</translation>
        </message>
        <message>
            <source>Station</source>
            <translation>工站</translation>
        </message>
        <message>
            <source>Fixture</source>
            <translation>夹具</translation>
        </message>
        <message>
            <source>Recipe {name}</source>
            <translation>配方 {name}</translation>
        </message>
        <message>
            <source>Line {line}: </source>
            <translation>第 {line} 行：</translation>
        </message>
        <message>
            <source>Nothing: it can be read as it is.</source>
            <translation>没有错误：可以正常读取。</translation>
        </message>
        <message>
            <source>Saved and released. The station file is read when the engine starts: end the engine once.</source>
            <translation>已保存并放行。工站文件在引擎启动时读取：请结束引擎一次。</translation>
        </message>
        <message>
            <source>Saved and released. The next batch is built with it.</source>
            <translation>已保存并放行。下一个批次将按此生产。</translation>
        </message>
    </context>
    <context>
        <name>SignInPanel</name>
        <message>
            <source>Type your name or scan your badge, then type your PIN.</source>
            <translation>请输入姓名或扫描工牌，然后输入 PIN。</translation>
        </message>
        <message>
            <source>Sign in</source>
            <translation>登录</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
    </context>
    <context>
        <name>SlotTile</name>
        <message>
            <source>Unlock…</source>
            <translation>解锁…</translation>
        </message>
        <message>
            <source>Unlock slot {number}</source>
            <translation>解锁工位 {number}</translation>
        </message>
        <message>
            <source>Board is in</source>
            <translation>板已放入</translation>
        </message>
        <message>
            <source>A board is in slot {number}</source>
            <translation>工位 {number} 中已放入板</translation>
        </message>
        <message>
            <source>The next scanned label goes here.</source>
            <translation>下一个扫描的标签分配到这里。</translation>
        </message>
        <message>
            <source>The engine is gone: this may be old.</source>
            <translation>引擎已中断：内容可能已过时。</translation>
        </message>
        <message>
            <source>{label} goes here</source>
            <translation>{label} 放入此处</translation>
        </message>
        <message>
            <source>EMPTY</source>
            <translation>空闲</translation>
        </message>
        <message>
            <source>RUN</source>
            <translation>运行</translation>
        </message>
        <message>
            <source>PASS</source>
            <translation>合格</translation>
        </message>
        <message>
            <source>FAIL</source>
            <translation>不合格</translation>
        </message>
        <message>
            <source>ERROR</source>
            <translation>错误</translation>
        </message>
        <message>
            <source>HOLD</source>
            <translation>隔离</translation>
        </message>
        <message>
            <source>ABORT</source>
            <translation>中止</translation>
        </message>
        <message>
            <source>OFF</source>
            <translation>停用</translation>
        </message>
        <message>
            <source>Starting</source>
            <translation>正在开始</translation>
        </message>
        <message>
            <source>{number}/{steps} {step}</source>
            <translation>{number}/{steps} {step}</translation>
        </message>
        <message>
            <source>Slot {number}: {word}</source>
            <translation>工位 {number}：{word}</translation>
        </message>
        <message>
            <source>Took {time}</source>
            <translation>用时 {time}</translation>
        </message>
    </context>
    <context>
        <name>SlotsPanel</name>
        <message>
            <source>by its probe</source>
            <translation>按其调试器</translation>
        </message>
        <message>
            <source>by its serial number</source>
            <translation>按其序列号</translation>
        </message>
        <message>
            <source>by its USB socket</source>
            <translation>按其 USB 插口</translation>
        </message>
        <message>
            <source>by today's name only</source>
            <translation>仅按当前名称</translation>
        </message>
        <message>
            <source>on the simulated bench</source>
            <translation>在模拟台上</translation>
        </message>
        <message>
            <source>Stop waiting</source>
            <translation>停止等待</translation>
        </message>
        <message>
            <source>Plug in slot {slot} now: put a board in, or connect its probe. If it is in already, take it out first.</source>
            <translation>现在请插入工位 {slot} 的设备：放入电路板，或连接其调试器。若已插入，请先拔出。</translation>
        </message>
        <message>
            <source>An engineer saves this: sign in first. What was learnt stays here.</source>
            <translation>保存须由工程师进行：请先登录。已识别的内容仍保留在此。</translation>
        </message>
        <message>
            <source>slot {slot} learnt by plugging in</source>
            <translation>工位 {slot} 通过插入识别</translation>
        </message>
        <message>
            <source>Slots</source>
            <translation>工位</translation>
        </message>
        <message>
            <source>Slot</source>
            <translation>工位</translation>
        </message>
        <message>
            <source>Port</source>
            <translation>串口</translation>
        </message>
        <message>
            <source>Probe</source>
            <translation>调试器</translation>
        </message>
        <message>
            <source>A board is in …</source>
            <translation>判断板已放入</translation>
        </message>
        <message>
            <source>Choose a slot</source>
            <translation>请选择工位</translation>
        </message>
        <message>
            <source>Learn by plugging in</source>
            <translation>插入识别</translation>
        </message>
        <message>
            <source>How the port is known</source>
            <translation>串口的识别方式</translation>
        </message>
        <message>
            <source>Reason</source>
            <translation>原因</translation>
        </message>
        <message>
            <source>Why (for the record; no names)</source>
            <translation>原因（写入记录；勿写姓名）</translation>
        </message>
        <message>
            <source>Save and release</source>
            <translation>保存并放行</translation>
        </message>
        <message>
            <source>Known now</source>
            <translation>当前识别为</translation>
        </message>
        <message>
            <source>Known from then on</source>
            <translation>今后识别为</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>名称</translation>
        </message>
        <message>
            <source>The fixture file can't be read as it is: mend it under Settings.</source>
            <translation>无法读取当前的夹具文件：请在“设置”中改正。</translation>
        </message>
        <message>
            <source>when its port is</source>
            <translation>串口出现时</translation>
        </message>
        <message>
            <source>when it is scanned</source>
            <translation>扫码时</translation>
        </message>
        <message>
            <source>Press the button, then plug in what belongs to this slot.</source>
            <translation>请按下按钮，然后插入属于此工位的设备。</translation>
        </message>
        <message>
            <source>Slot {slot}</source>
            <translation>工位 {slot}</translation>
        </message>
        <message>
            <source>{port} of probe {probe}</source>
            <translation>调试器 {probe} 的 {port}</translation>
        </message>
        <message>
            <source>{count} things came at once ({names}). Take them out, and plug in one.</source>
            <translation>同时出现了 {count} 个设备（{names}）。请拔出，只插入一个。</translation>
        </message>
        <message>
            <source>Found: {what}. Look at it, then save.</source>
            <translation>已找到：{what}。请核对，然后保存。</translation>
        </message>
        <message>
            <source>This slot knows it by that name already; there is nothing to save.</source>
            <translation>此工位已按该名称识别它；无需保存。</translation>
        </message>
        <message>
            <source>The system may give that name to another device tomorrow: choose another if there is one.</source>
            <translation>系统以后可能把该名称给另一个设备：如有其他方式，请另选。</translation>
        </message>
        <message>
            <source>Slot {slot} is saved and released.</source>
            <translation>工位 {slot} 已保存并放行。</translation>
        </message>
    </context>
    <context>
        <name>StationPage</name>
        <message>
            <source>Parts of the station</source>
            <translation>工站各部分</translation>
        </message>
        <message>
            <source>Checks</source>
            <translation>检查</translation>
        </message>
        <message>
            <source>Slots</source>
            <translation>工位</translation>
        </message>
        <message>
            <source>Settings</source>
            <translation>设置</translation>
        </message>
        <message>
            <source>People</source>
            <translation>人员</translation>
        </message>
        <message>
            <source>This window</source>
            <translation>此窗口</translation>
        </message>
        <message>
            <source>The engine is gone: nothing can be saved until it is started again.</source>
            <translation>引擎已中断：重新启动之前无法保存任何内容。</translation>
        </message>
    </context>
    <context>
        <name>StationStep</name>
        <message>
            <source>Name of the line</source>
            <translation>产线名称</translation>
        </message>
        <message>
            <source>such as: Line 1, hall B</source>
            <translation>例如：B 车间 1 号线</translation>
        </message>
        <message>
            <source>Station ID</source>
            <translation>工站 ID</translation>
        </message>
        <message>
            <source>Data folder</source>
            <translation>数据文件夹</translation>
        </message>
        <message>
            <source>Recipes</source>
            <translation>配方</translation>
        </message>
        <message>
            <source>On every record of this PC. Never give the same to two PCs.</source>
            <translation>会出现在本机的每条记录上。切勿让两台电脑使用相同的 ID。</translation>
        </message>
        <message>
            <source>Journal, CA and logs: on a disk of this PC that is backed up; no share, no cloud drive.</source>
            <translation>日志、CA 和运行日志：放在本机有备份的磁盘上；不要用共享盘或网盘。</translation>
        </message>
        <message>
            <source>The folder with the products' files; the examples at first.</source>
            <translation>产品文件所在的文件夹；起初是示例。</translation>
        </message>
        <message>
            <source>Station file</source>
            <translation>工站文件</translation>
        </message>
        <message>
            <source>Station</source>
            <translation>工站</translation>
        </message>
        <message>
            <source>Which station this is. All of it will stand in the station file, each line with a comment.</source>
            <translation>这是哪个工站。这些内容都会写入工站文件，每行附有注释。</translation>
        </message>
        <message>
            <source>Give the line a name.</source>
            <translation>请为产线命名。</translation>
        </message>
        <message>
            <source>A station ID has letters, digits, - and _, at most 64.</source>
            <translation>工站 ID 由字母、数字、- 和 _ 组成，最多 64 个字符。</translation>
        </message>
        <message>
            <source>Name both folders.</source>
            <translation>请指定两个文件夹。</translation>
        </message>
    </context>
    <context>
        <name>Step</name>
        <message>
            <source>Choose …</source>
            <translation>选择…</translation>
        </message>
        <message>
            <source>Choose: {what}</source>
            <translation>选择：{what}</translation>
        </message>
    </context>
    <context>
        <name>StepModel</name>
        <message>
            <source>({count} tries)</source>
            <translation>（{count} 次）</translation>
        </message>
        <message>
            <source>to come</source>
            <translation>待执行</translation>
        </message>
        <message>
            <source>running</source>
            <translation>运行中</translation>
        </message>
    </context>
    <context>
        <name>TileGrid</name>
        <message>
            <source>Slots</source>
            <translation>工位</translation>
        </message>
    </context>
    <context>
        <name>Timeline</name>
        <message>
            <source>slot {slot}: </source>
            <translation>工位 {slot}：</translation>
        </message>
        <message>
            <source>attempt {number} begins, batch {batch}</source>
            <translation>第 {number} 次尝试开始，批次 {batch}</translation>
        </message>
        <message>
            <source>; signed in: {person}</source>
            <translation>；登录者：{person}</translation>
        </message>
        <message>
            <source>; carries on the interrupted attempt {attempt}</source>
            <translation>；接续中断的尝试 {attempt}</translation>
        </message>
        <message>
            <source>attempt {number} ends: {outcome}, {seconds}</source>
            <translation>第 {number} 次尝试结束：{outcome}，{seconds}</translation>
        </message>
        <message>
            <source>{tries} tries</source>
            <translation>{tries} 次</translation>
        </message>
        <message>
            <source>{step}: the station stopped here, with nothing recorded behind it</source>
            <translation>{step}：工站在此停止，其后没有记录</translation>
        </message>
        <message>
            <source>flashed {image}</source>
            <translation>已烧录 {image}</translation>
        </message>
        <message>
            <source>programmed the modem firmware {version}</source>
            <translation>已烧录调制解调器固件 {version}</translation>
        </message>
        <message>
            <source>identified as IMEI {imei}, {model}, {firmware}</source>
            <translation>识别为 IMEI {imei}，{model}，{firmware}</translation>
        </message>
        <message>
            <source>the modem attested itself</source>
            <translation>调制解调器认证了自己</translation>
        </message>
        <message>
            <source>the modem signed its onboarding token for {account}</source>
            <translation>调制解调器为 {account} 签署了上云令牌</translation>
        </message>
        <message>
            <source>this station made the unit's key</source>
            <translation>本工站生成了单元的密钥</translation>
        </message>
        <message>
            <source>the modem made its key</source>
            <translation>调制解调器已生成密钥</translation>
        </message>
        <message>
            <source>signed certificate {serial}</source>
            <translation>已签发证书 {serial}</translation>
        </message>
        <message>
            <source>wrote the credentials</source>
            <translation>已写入凭据</translation>
        </message>
        <message>
            <source>not proven that the modem holds the private key</source>
            <translation>未证明调制解调器持有该私钥</translation>
        </message>
        <message>
            <source>the modem proved that it holds the private key</source>
            <translation>调制解调器已证明其持有私钥</translation>
        </message>
        <message>
            <source>locked the debugger out</source>
            <translation>已锁定调试接口</translation>
        </message>
    </context>
    <context>
        <name>TryStep</name>
        <message>
            <source>Product</source>
            <translation>产品</translation>
        </message>
        <message>
            <source>CA passphrase</source>
            <translation>CA 口令</translation>
        </message>
        <message>
            <source>Build one unit</source>
            <translation>生产一个单元</translation>
        </message>
        <message>
            <source>How far the unit is</source>
            <translation>单元进度</translation>
        </message>
        <message>
            <source>First unit</source>
            <translation>首个单元</translation>
        </message>
        <message>
            <source>One unit from blank to finished, with a certificate and a record: then everything works together.</source>
            <translation>从空白板到成品做一个单元，带证书和记录：由此证明各部分配合正常。</translation>
        </message>
        <message>
            <source>Skip this</source>
            <translation>跳过此步</translation>
        </message>
        <message>
            <source>known</source>
            <translation>已知</translation>
        </message>
        <message>
            <source>The unit is being built.</source>
            <translation>正在生产单元。</translation>
        </message>
        <message>
            <source>No recipe can be read: mend what the checks say.</source>
            <translation>没有可读取的配方：请按检查结果改正。</translation>
        </message>
        <message>
            <source>The boards are simulated here: one is put into slot {slot} by itself.</source>
            <translation>这里的电路板是模拟的：会自动放入工位 {slot}。</translation>
        </message>
        <message>
            <source>Have a blank board at hand for slot {slot}.</source>
            <translation>请为工位 {slot} 准备一块空白板。</translation>
        </message>
        <message>
            <source>Stopping: the running step ends first.</source>
            <translation>正在停止：先做完当前步骤。</translation>
        </message>
        <message>
            <source>Arming …</source>
            <translation>正在启用…</translation>
        </message>
        <message>
            <source>Slot {slot}: {step}, step {n} of {m}</source>
            <translation>工位 {slot}：{step}，第 {n} 步，共 {m} 步</translation>
        </message>
        <message>
            <source>Slot {slot}: {what}</source>
            <translation>工位 {slot}：{what}</translation>
        </message>
        <message>
            <source>{unit} passed</source>
            <translation>{unit} 合格</translation>
        </message>
        <message>
            <source>Built and recorded. The station works.</source>
            <translation>已生产并记录。工站工作正常。</translation>
        </message>
        <message>
            <source>Stopped; no unit was finished.</source>
            <translation>已停止；没有完成任何单元。</translation>
        </message>
        <message>
            <source>The simulated bench has ended. Try again.</source>
            <translation>模拟台已结束。请重试。</translation>
        </message>
        <message>
            <source>Stop</source>
            <translation>停止</translation>
        </message>
    </context>
    <context>
        <name>UnitFilters</name>
        <message>
            <source>Search: the beginning of a device ID, IMEI, UUID, board serial or certificate serial</source>
            <translation>搜索：设备 ID、IMEI、UUID、板序列号或证书序列号的开头</translation>
        </message>
        <message>
            <source>Search for units</source>
            <translation>搜索单元</translation>
        </message>
        <message>
            <source>Clear</source>
            <translation>清除</translation>
        </message>
        <message>
            <source>Clear all filters</source>
            <translation>清除所有筛选</translation>
        </message>
        <message>
            <source>Outcome</source>
            <translation>结果</translation>
        </message>
        <message>
            <source>Cloud</source>
            <translation>云端</translation>
        </message>
        <message>
            <source>All products</source>
            <translation>全部产品</translation>
        </message>
        <message>
            <source>All batches</source>
            <translation>全部批次</translation>
        </message>
        <message>
            <source>Product</source>
            <translation>产品</translation>
        </message>
        <message>
            <source>Batch</source>
            <translation>批次</translation>
        </message>
        <message>
            <source>Days</source>
            <translation>日期</translation>
        </message>
        <message>
            <source>Any day</source>
            <translation>任意日期</translation>
        </message>
        <message>
            <source>Today</source>
            <translation>今天</translation>
        </message>
        <message>
            <source>Yesterday</source>
            <translation>昨天</translation>
        </message>
        <message>
            <source>Last 7 days</source>
            <translation>最近 7 天</translation>
        </message>
        <message>
            <source>Last 30 days</source>
            <translation>最近 30 天</translation>
        </message>
        <message>
            <source>From … to …</source>
            <translation>从… 到…</translation>
        </message>
        <message>
            <source>First day</source>
            <translation>首日</translation>
        </message>
        <message>
            <source>Last day</source>
            <translation>末日</translation>
        </message>
    </context>
    <context>
        <name>UnitModel</name>
        <message>
            <source>Outcome</source>
            <translation>结果</translation>
        </message>
        <message>
            <source>Device ID</source>
            <translation>设备 ID</translation>
        </message>
        <message>
            <source>IMEI</source>
            <translation>IMEI</translation>
        </message>
        <message>
            <source>Serial</source>
            <translation>序列号</translation>
        </message>
        <message>
            <source>Batch</source>
            <translation>批次</translation>
        </message>
        <message>
            <source>Slot</source>
            <translation>工位</translation>
        </message>
        <message>
            <source>Tries</source>
            <translation>次数</translation>
        </message>
        <message>
            <source>Fault</source>
            <translation>故障</translation>
        </message>
        <message>
            <source>Cloud</source>
            <translation>云端</translation>
        </message>
        <message>
            <source>Last attempt</source>
            <translation>最近尝试</translation>
        </message>
    </context>
    <context>
        <name>UnitRecordView</name>
        <message>
            <source>Time</source>
            <translation>时间</translation>
        </message>
        <message>
            <source>Slot</source>
            <translation>工位</translation>
        </message>
        <message>
            <source>What</source>
            <translation>内容</translation>
        </message>
        <message>
            <source>Result</source>
            <translation>结果</translation>
        </message>
        <message>
            <source>Entry</source>
            <translation>条目</translation>
        </message>
        <message>
            <source>What exactly was proven, by the attempt that counts</source>
            <translation>计入的那次尝试究竟证明了什么</translation>
        </message>
        <message>
            <source>Attempt</source>
            <translation>尝试</translation>
        </message>
        <message>
            <source>Step</source>
            <translation>步骤</translation>
        </message>
        <message>
            <source>Outcome</source>
            <translation>结果</translation>
        </message>
        <message>
            <source>Took</source>
            <translation>用时</translation>
        </message>
        <message>
            <source>Tries</source>
            <translation>次数</translation>
        </message>
        <message>
            <source>Measured and observed</source>
            <translation>测量与观察</translation>
        </message>
        <message>
            <source>When</source>
            <translation>时间</translation>
        </message>
        <message>
            <source>Who</source>
            <translation>人员</translation>
        </message>
        <message>
            <source>As</source>
            <translation>形式</translation>
        </message>
        <message>
            <source>SHA-256 of the files</source>
            <translation>文件的 SHA-256</translation>
        </message>
        <message>
            <source>Field</source>
            <translation>字段</translation>
        </message>
        <message>
            <source>Value</source>
            <translation>值</translation>
        </message>
        <message>
            <source>Timeline</source>
            <translation>时间线</translation>
        </message>
        <message>
            <source>Certificate</source>
            <translation>证书</translation>
        </message>
        <message>
            <source>What was proven</source>
            <translation>证明内容</translation>
        </message>
        <message>
            <source>Proven</source>
            <translation>证明</translation>
        </message>
        <message>
            <source>Steps</source>
            <translation>步骤</translation>
        </message>
        <message>
            <source>Exports</source>
            <translation>导出</translation>
        </message>
        <message>
            <source>Parts of the record</source>
            <translation>记录各部分</translation>
        </message>
        <message>
            <source>Previous</source>
            <translation>上一个</translation>
        </message>
        <message>
            <source>Next</source>
            <translation>下一个</translation>
        </message>
        <message>
            <source>Copy the ID</source>
            <translation>复制 ID</translation>
        </message>
        <message>
            <source>Copy the timeline</source>
            <translation>复制时间线</translation>
        </message>
        <message>
            <source>Rework…</source>
            <translation>返工…</translation>
        </message>
        <message>
            <source>Export…</source>
            <translation>导出…</translation>
        </message>
        <message>
            <source>Certificate as PEM</source>
            <translation>PEM 格式证书</translation>
        </message>
        <message>
            <source>Copy the PEM</source>
            <translation>复制 PEM</translation>
        </message>
        <message>
            <source>A rework is declared, not begun: put it into a slot to build it once more, or withdraw it.</source>
            <translation>已登记返工，尚未开始：将其放入槽位再生产一次，或撤回返工。</translation>
        </message>
        <message>
            <source>Withdraw the rework…</source>
            <translation>撤回返工…</translation>
        </message>
        <message>
            <source>IMEI</source>
            <translation>IMEI</translation>
        </message>
        <message>
            <source>Board serial</source>
            <translation>板序列号</translation>
        </message>
        <message>
            <source>none scanned</source>
            <translation>未扫描</translation>
        </message>
        <message>
            <source>Batch</source>
            <translation>批次</translation>
        </message>
        <message>
            <source>Product</source>
            <translation>产品</translation>
        </message>
        <message>
            <source>Attempts</source>
            <translation>尝试</translation>
        </message>
        <message>
            <source>Last attempt</source>
            <translation>最近尝试</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>型号</translation>
        </message>
        <message>
            <source>Modem firmware</source>
            <translation>调制解调器固件</translation>
        </message>
        <message>
            <source>UUID</source>
            <translation>UUID</translation>
        </message>
        <message>
            <source>not known</source>
            <translation>未知</translation>
        </message>
        <message>
            <source>Hardware</source>
            <translation>硬件</translation>
        </message>
        <message>
            <source>Nothing yet.</source>
            <translation>尚无内容。</translation>
        </message>
        <message>
            <source>no file was written</source>
            <translation>未写入文件</translation>
        </message>
        <message>
            <source>The unit has none yet.</source>
            <translation>此单元尚无证书。</translation>
        </message>
    </context>
    <context>
        <name>UnitTable</name>
        <message>
            <source>Units</source>
            <translation>单元</translation>
        </message>
    </context>
    <context>
        <name>UnitsPage</name>
        <message>
            <source>Show new results</source>
            <translation>显示新结果</translation>
        </message>
        <message>
            <source>Open</source>
            <translation>打开</translation>
        </message>
        <message>
            <source>Export…</source>
            <translation>导出…</translation>
        </message>
        <message>
            <source>Units</source>
            <translation>单元</translation>
        </message>
        <message>
            <source>Batches</source>
            <translation>批次</translation>
        </message>
        <message>
            <source>Verify</source>
            <translation>校验</translation>
        </message>
        <message>
            <source>Units, batches, verification</source>
            <translation>单元、批次、校验</translation>
        </message>
        <message>
            <source>Counting…</source>
            <translation>正在统计…</translation>
        </message>
        <message>
            <source>No unit is like that. Take a filter away, or type less.</source>
            <translation>没有符合条件的单元。请去掉一个筛选，或少输入一些。</translation>
        </message>
        <message>
            <source>No unit yet: the first one appears once it was identified in a slot.</source>
            <translation>尚无单元：在工位中识别出第一个后即会显示。</translation>
        </message>
        <message>
            <source>No journal yet: it begins with the first batch.</source>
            <translation>尚无日志：从第一个批次开始记录。</translation>
        </message>
    </context>
    <context>
        <name>UpdateNotice</name>
        <message>
            <source>Version {version} of the station is there ({file}): for IT, after the batch.</source>
            <translation>工站有新版本 {version}（{file}）：由 IT 在批次结束后安装。</translation>
        </message>
        <message>
            <source>Version {version} of the station is there ({file}): for IT, now or later.</source>
            <translation>工站有新版本 {version}（{file}）：由 IT 现在或稍后安装。</translation>
        </message>
    </context>
    <context>
        <name>UploadWords</name>
        <message>
            <source>Send again</source>
            <translation>重新上传</translation>
        </message>
        <message>
            <source>Hold back</source>
            <translation>暂缓</translation>
        </message>
        <message>
            <source>It is onboarded</source>
            <translation>已上云</translation>
        </message>
        <message>
            <source>The unit waits again and goes with the next upload.</source>
            <translation>单元重新等待，随下一次上传发送。</translation>
        </message>
        <message>
            <source>The unit is not sent until somebody decides otherwise.</source>
            <translation>在有人另作决定之前，不发送此单元。</translation>
        </message>
        <message>
            <source>You have seen the unit in the portal. It is not sent again; the journal keeps your word.</source>
            <translation>您已在云端门户中看到此单元。不再发送；日志会记录您的确认。</translation>
        </message>
        <message>
            <source>Waits for another account's key; you may decide</source>
            <translation>等待另一账户的密钥；您可以作出决定</translation>
        </message>
        <message>
            <source>Overdue: the cloud has come to no end; you may decide</source>
            <translation>超时：云端一直没有结果；您可以作出决定</translation>
        </message>
        <message>
            <source>Waits for the next upload</source>
            <translation>等待下一次上传</translation>
        </message>
        <message>
            <source>Tried again in {time}</source>
            <translation>{time}后重试</translation>
        </message>
        <message>
            <source>Is about to be sent</source>
            <translation>即将发送</translation>
        </message>
        <message>
            <source>Is being sent</source>
            <translation>正在发送</translation>
        </message>
        <message>
            <source>The cloud works on it</source>
            <translation>云端正在处理</translation>
        </message>
        <message>
            <source>Is looked for in the cloud</source>
            <translation>正在云端查找</translation>
        </message>
        <message>
            <source>The cloud said no: decide</source>
            <translation>云端已拒绝：请决定</translation>
        </message>
        <message>
            <source>Nobody knows: look in the portal, then decide</source>
            <translation>结果不明：请查看云端门户，再作决定</translation>
        </message>
        <message>
            <source>Held back until somebody decides</source>
            <translation>暂缓，等待决定</translation>
        </message>
        <message>
            <source>Done</source>
            <translation>完成</translation>
        </message>
        <message>
            <source>Claimed; its cloud key was not seen yet</source>
            <translation>已认领；尚未见到其云端密钥</translation>
        </message>
    </context>
    <context>
        <name>UploadsPage</name>
        <message>
            <source>Send now</source>
            <translation>立即上传</translation>
        </message>
        <message>
            <source>State</source>
            <translation>状态</translation>
        </message>
        <message>
            <source>Device ID</source>
            <translation>设备 ID</translation>
        </message>
        <message>
            <source>Batch</source>
            <translation>批次</translation>
        </message>
        <message>
            <source>Since</source>
            <translation>起始时间</translation>
        </message>
        <message>
            <source>Tries</source>
            <translation>次数</translation>
        </message>
        <message>
            <source>Next</source>
            <translation>下一步</translation>
        </message>
        <message>
            <source>The cloud's own words</source>
            <translation>云端原话</translation>
        </message>
        <message>
            <source>Units in the outbox</source>
            <translation>上传队列中的单元</translation>
        </message>
        <message>
            <source>Reason</source>
            <translation>原因</translation>
        </message>
        <message>
            <source>Reason: what you saw, or why</source>
            <translation>原因：您看到了什么，或为什么</translation>
        </message>
        <message>
            <source>Oldest unit that waits</source>
            <translation>等待最久的单元</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>复制</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
        <message>
            <source>Nothing waits</source>
            <translation>没有等待</translation>
        </message>
        <message>
            <source>Look at a check</source>
            <translation>请查看检查</translation>
        </message>
        <message>
            <source>Too long</source>
            <translation>等待过久</translation>
        </message>
        <message>
            <source>Somebody decides</source>
            <translation>待人决定</translation>
        </message>
        <message>
            <source>In order</source>
            <translation>正常</translation>
        </message>
        <message>
            <source>The station file names no cloud: finished units wait here.</source>
            <translation>工站文件没有指定云端：完成的单元在此等待。</translation>
        </message>
        <message>
            <source>waiting since {time}</source>
            <translation>已等待 {time}</translation>
        </message>
        <message>
            <source>{count} to decide about</source>
            <translation>{count} 个待决定</translation>
        </message>
        <message>
            <source>reworks declared, not begun: {count}</source>
            <translation>已登记但未开始的返工：{count}</translation>
        </message>
        <message>
            <source>final checks not passed: {count}</source>
            <translation>未通过的最终检查：{count}</translation>
        </message>
        <message>
            <source>{units} selected</source>
            <translation>已选 {units}</translation>
        </message>
        <message>
            <source>The first {shown} of {units}</source>
            <translation>{units}中的前 {shown} 个</translation>
        </message>
        <message>
            <source>Select units first.</source>
            <translation>请先选择单元。</translation>
        </message>
        <message>
            <source>Say what you saw, or why.</source>
            <translation>请说明您看到了什么，或为什么。</translation>
        </message>
        <message>
            <source>Asking the engine.</source>
            <translation>正在询问引擎。</translation>
        </message>
        <message>
            <source>No journal yet: it begins with the first batch.</source>
            <translation>尚无日志：从第一个批次开始记录。</translation>
        </message>
    </context>
    <context>
        <name>VerifyPanel</name>
        <message>
            <source>Bundle (.zip), data folder or journal.db</source>
            <translation>证据包（.zip）、数据文件夹或 journal.db</translation>
        </message>
        <message>
            <source>Key or fingerprint that you kept (optional)</source>
            <translation>您保管的密钥或指纹（可选）</translation>
        </message>
        <message>
            <source>Checkpoint file that you kept (optional)</source>
            <translation>您保管的检查点文件（可选）</translation>
        </message>
        <message>
            <source>Fingerprint of the CA (optional)</source>
            <translation>CA 的指纹（可选）</translation>
        </message>
        <message>
            <source>Choose…</source>
            <translation>选择…</translation>
        </message>
        <message>
            <source>Verify</source>
            <translation>校验</translation>
        </message>
        <message>
            <source>Stop</source>
            <translation>停止</translation>
        </message>
        <message>
            <source>What the verifier says</source>
            <translation>校验程序的结论</translation>
        </message>
        <message>
            <source>Checks an exported record or a whole journal, entry by entry. It needs no station, and this window waits for nothing: the check is a program of its own, the same that lies in every bundle.</source>
            <translation>逐条检查导出的记录或整个日志。它不需要工站，本窗口也不必等待：校验由独立程序完成，每个证据包中都带有同一程序。</translation>
        </message>
        <message>
            <source>Checking. A million entries take some seconds.</source>
            <translation>正在检查。一百万条记录需要几秒钟。</translation>
        </message>
        <message>
            <source>Everything holds, and what you gave vouches for the key.</source>
            <translation>全部成立，您提供的凭证可为密钥作证。</translation>
        </message>
        <message>
            <source>Something does not hold. Read below where it breaks first.</source>
            <translation>有内容不成立。请在下方查看最先出错之处。</translation>
        </message>
        <message>
            <source>What is there holds, but nothing that you gave vouches for the key, or for the newest entries.</source>
            <translation>现有内容成立，但您提供的凭证不足以为密钥或最新条目作证。</translation>
        </message>
        <message>
            <source>It can't be read. Check the path and your rights.</source>
            <translation>无法读取。请检查路径和您的权限。</translation>
        </message>
        <message>
            <source>Stopped. Nothing was changed.</source>
            <translation>已停止。未作任何更改。</translation>
        </message>
        <message>
            <source>Bundle to check</source>
            <translation>要校验的证据包</translation>
        </message>
    </context>
    <context>
        <name>WindowPanel</name>
        <message>
            <source>This window</source>
            <translation>此窗口</translation>
        </message>
        <message>
            <source>The scanner is understood, letter by letter.</source>
            <translation>扫码枪的每个字符都正确识别。</translation>
        </message>
        <message>
            <source>Y and Z or large and small letters are exchanged: set the scanner to this PC's keyboard layout.</source>
            <translation>Y 与 Z 或大小写被调换：请将扫码枪设为本机的键盘布局。</translation>
        </message>
        <message>
            <source>A scan came. If it was the code above, the scanner's keyboard layout is wrong: it says {code}.</source>
            <translation>收到一次扫码。如果扫的是上面的条码，则扫码枪的键盘布局不对：条码内容是 {code}。</translation>
        </message>
        <message>
            <source>This program</source>
            <translation>本程序</translation>
        </message>
        <message>
            <source>Look and sound</source>
            <translation>外观和声音</translation>
        </message>
        <message>
            <source>Colours</source>
            <translation>颜色</translation>
        </message>
        <message>
            <source>As the PC</source>
            <translation>跟随系统</translation>
        </message>
        <message>
            <source>Light</source>
            <translation>浅色</translation>
        </message>
        <message>
            <source>Dark</source>
            <translation>深色</translation>
        </message>
        <message>
            <source>Language</source>
            <translation>语言</translation>
        </message>
        <message>
            <source>No sound</source>
            <translation>静音</translation>
        </message>
        <message>
            <source>Sound</source>
            <translation>声音</translation>
        </message>
        <message>
            <source>Hear: passed</source>
            <translation>试听：合格</translation>
        </message>
        <message>
            <source>Hear: trouble</source>
            <translation>试听：故障</translation>
        </message>
        <message>
            <source>Sound never stands alone: every state has its word, shape and colour too.</source>
            <translation>声音绝不单独使用：每种状态还有文字、形状和颜色。</translation>
        </message>
        <message>
            <source>Scanner</source>
            <translation>扫码枪</translation>
        </message>
        <message>
            <source>How it talks</source>
            <translation>通信方式</translation>
        </message>
        <message>
            <source>Keyboard with a prefix (STX first, Enter last)</source>
            <translation>带前缀的键盘（先 STX，后 Enter）</translation>
        </message>
        <message>
            <source>Keyboard, told by its speed</source>
            <translation>键盘，按输入速度识别</translation>
        </message>
        <message>
            <source>Serial port</source>
            <translation>串口</translation>
        </message>
        <message>
            <source>No scanner</source>
            <translation>无扫码枪</translation>
        </message>
        <message>
            <source>The scanner's port</source>
            <translation>扫码枪的串口</translation>
        </message>
        <message>
            <source>Port</source>
            <translation>串口</translation>
        </message>
        <message>
            <source>The port's speed</source>
            <translation>串口速率</translation>
        </message>
        <message>
            <source>Speed</source>
            <translation>速率</translation>
        </message>
        <message>
            <source>Try it: scan this code off the screen (it says {code}), or any label.</source>
            <translation>试一试：扫描屏幕上的此条码（内容为 {code}），或任意标签。</translation>
        </message>
        <message>
            <source>What the scanner said last</source>
            <translation>扫码枪最近一次的内容</translation>
        </message>
        <message>
            <source>nothing yet</source>
            <translation>尚无</translation>
        </message>
        <message>
            <source>The window is mute: take that away to hear it.</source>
            <translation>窗口已静音：请取消静音后再听。</translation>
        </message>
        <message>
            <source>Played. If there was nothing to hear, look at the PC's loudspeaker and volume.</source>
            <translation>已播放。如果没有听到，请检查电脑的扬声器和音量。</translation>
        </message>
    </context>
    <context>
        <name>Wizard</name>
        <message>
            <source>Leave the set-up? What was made stays. Press Leave (or Escape) once more.</source>
            <translation>要离开设置吗？已建立的内容会保留。请再按一次“离开”（或 Esc）。</translation>
        </message>
        <message>
            <source>A new station</source>
            <translation>新工站</translation>
        </message>
        <message>
            <source>Leave</source>
            <translation>离开</translation>
        </message>
        <message>
            <source>Back</source>
            <translation>上一步</translation>
        </message>
        <message>
            <source>Next</source>
            <translation>下一步</translation>
        </message>
    </context>
    <context>
        <name>words</name>
        <message>
            <source>empty</source>
            <translation>空闲</translation>
        </message>
        <message>
            <source>running</source>
            <translation>运行中</translation>
        </message>
        <message>
            <source>passed</source>
            <translation>合格</translation>
        </message>
        <message>
            <source>failed</source>
            <translation>不合格</translation>
        </message>
        <message>
            <source>error</source>
            <translation>错误</translation>
        </message>
        <message>
            <source>quarantined</source>
            <translation>隔离</translation>
        </message>
        <message>
            <source>aborted</source>
            <translation>中止</translation>
        </message>
        <message>
            <source>off</source>
            <translation>停用</translation>
        </message>
        <message>
            <source>done</source>
            <translation>完成</translation>
        </message>
        <message>
            <source>latched</source>
            <translation>锁定</translation>
        </message>
        <message>
            <source>not for the cloud</source>
            <translation>不上云</translation>
        </message>
        <message>
            <source>waiting</source>
            <translation>等待</translation>
        </message>
        <message>
            <source>on its way</source>
            <translation>上传中</translation>
        </message>
        <message>
            <source>onboarded</source>
            <translation>已上云</translation>
        </message>
        <message>
            <source>claimed</source>
            <translation>已认领</translation>
        </message>
        <message>
            <source>refused</source>
            <translation>被拒绝</translation>
        </message>
        <message>
            <source>unknown</source>
            <translation>未知</translation>
        </message>
        <message>
            <source>held back</source>
            <translation>暂缓</translation>
        </message>
        <message>
            <source>Check the board</source>
            <translation>检查电路板</translation>
        </message>
        <message>
            <source>Recover the chip</source>
            <translation>恢复芯片</translation>
        </message>
        <message>
            <source>Program the modem</source>
            <translation>烧录调制解调器</translation>
        </message>
        <message>
            <source>Flash the application</source>
            <translation>烧录应用程序</translation>
        </message>
        <message>
            <source>Identify the modem</source>
            <translation>识别调制解调器</translation>
        </message>
        <message>
            <source>Have the modem attest itself</source>
            <translation>让调制解调器认证自己</translation>
        </message>
        <message>
            <source>Enrol the modem</source>
            <translation>登记调制解调器</translation>
        </message>
        <message>
            <source>Clear old credentials</source>
            <translation>清除旧凭据</translation>
        </message>
        <message>
            <source>Make the key</source>
            <translation>生成密钥</translation>
        </message>
        <message>
            <source>Sign the certificate</source>
            <translation>签发证书</translation>
        </message>
        <message>
            <source>Write the credentials</source>
            <translation>写入凭据</translation>
        </message>
        <message>
            <source>Prove the key</source>
            <translation>验证密钥</translation>
        </message>
        <message>
            <source>Store the settings</source>
            <translation>保存设置</translation>
        </message>
        <message>
            <source>Read back</source>
            <translation>回读</translation>
        </message>
        <message>
            <source>Power off and on</source>
            <translation>断电再上电</translation>
        </message>
        <message>
            <source>Lock the debugger out</source>
            <translation>锁定调试接口</translation>
        </message>
        <message>
            <source>Run the product's own test</source>
            <translation>运行产品自带测试</translation>
        </message>
        <message>
            <source>operator</source>
            <translation>操作员</translation>
        </message>
        <message>
            <source>line lead</source>
            <translation>线长</translation>
        </message>
        <message>
            <source>engineer</source>
            <translation>工程师</translation>
        </message>
        <message>
            <source>QA</source>
            <translation>质检</translation>
        </message>
        <message>
            <source>CA keeper</source>
            <translation>CA 保管员</translation>
        </message>
        <message>
            <source>service</source>
            <translation>服务</translation>
        </message>
        <message>
            <source>run a batch</source>
            <translation>运行批次</translation>
        </message>
        <message>
            <source>upload finished units</source>
            <translation>上传完成的单元</translation>
        </message>
        <message>
            <source>unlock a latched slot</source>
            <translation>解锁被锁定的工位</translation>
        </message>
        <message>
            <source>declare a rework of a finished unit</source>
            <translation>登记已完成单元的返工</translation>
        </message>
        <message>
            <source>withdraw a declared rework</source>
            <translation>撤回已登记的返工</translation>
        </message>
        <message>
            <source>decide about an upload</source>
            <translation>对上传作出决定</translation>
        </message>
        <message>
            <source>correct the clock</source>
            <translation>更正时钟</translation>
        </message>
        <message>
            <source>make the CA</source>
            <translation>建立 CA</translation>
        </message>
        <message>
            <source>change the settings</source>
            <translation>更改设置</translation>
        </message>
        <message>
            <source>close a batch</source>
            <translation>关闭批次</translation>
        </message>
        <message>
            <source>delete a credential of a connected device</source>
            <translation>删除已连接设备的凭据</translation>
        </message>
        <message>
            <source>have the cloud make a key for development</source>
            <translation>让云端生成开发用密钥</translation>
        </message>
        <message>
            <source>delete a device from the cloud</source>
            <translation>从云端删除设备</translation>
        </message>
        <message>
            <source>give up a unit's claim at the cloud</source>
            <translation>放弃某单元在云端的认领</translation>
        </message>
        <message>
            <source>make a provisioning rule at the cloud</source>
            <translation>在云端创建配置规则</translation>
        </message>
        <message>
            <source>manage people</source>
            <translation>管理人员</translation>
        </message>
        <message>
            <source>disable people</source>
            <translation>停用人员</translation>
        </message>
        <message>
            <source>manage somebody who may be a second person</source>
            <translation>管理可作复核人的人员</translation>
        </message>
        <message>
            <source>export records</source>
            <translation>导出记录</translation>
        </message>
        <message>
            <source>print a record again</source>
            <translation>重新打印记录</translation>
        </message>
        <message>
            <source>sign a checkpoint</source>
            <translation>签署检查点</translation>
        </message>
        <message>
            <source>back the station up</source>
            <translation>备份工站</translation>
        </message>
        <message>
            <source>restore a backup</source>
            <translation>恢复备份</translation>
        </message>
        <message>
            <source>No batch</source>
            <translation>无批次</translation>
        </message>
        <message>
            <source>Arming</source>
            <translation>启用中</translation>
        </message>
        <message>
            <source>Running</source>
            <translation>运行中</translation>
        </message>
        <message>
            <source>Paused</source>
            <translation>已暂停</translation>
        </message>
        <message>
            <source>Stopping</source>
            <translation>正在停止</translation>
        </message>
        <message>
            <source>Closing</source>
            <translation>正在关闭</translation>
        </message>
        <message>
            <source>Put a board in</source>
            <translation>请放入电路板</translation>
        </message>
        <message>
            <source>Put a board in, then confirm</source>
            <translation>请放入电路板并确认</translation>
        </message>
        <message>
            <source>Scan the board</source>
            <translation>请扫描电路板</translation>
        </message>
        <message>
            <source>Take the board out</source>
            <translation>请取出电路板</translation>
        </message>
        <message>
            <source>Call a line lead</source>
            <translation>请呼叫线长</translation>
        </message>
        <message>
            <source>Call the engineer</source>
            <translation>请呼叫工程师</translation>
        </message>
        <message>
            <source>Paused: no new boards</source>
            <translation>已暂停：不放新板</translation>
        </message>
    </context>
</TS>
