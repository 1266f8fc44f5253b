; The installer for Windows: per machine, for every user of the PC; Inno Setup 6.3 or later. docs/packaging.md says how to
; build and sign it. First `python packaging\build.py tree`, which also writes the version; then, with Microsoft's
; vc_redist.x64.exe in dist:
;
;   iscc packaging\windows\station.iss
;
; With /DSigned and a sign tool named "station", installer and uninstaller are signed.

#ifndef Tree
  #define Tree AddBackslash(SourcePath) + "..\..\dist\nrf91-station"
#endif
#ifndef Redist
  #define Redist AddBackslash(SourcePath) + "..\..\dist\vc_redist.x64.exe"
#endif
; By its whole path: an expression is looked for in the compiler's own folder, and not beside this file.
#include Tree + ".iss"

[Setup]
; Never another one: by it an upgrade finds what is there.
AppId={{B7C0C0F6-5B0C-4B2F-9D3A-0F6C0E9A9161}
AppName=nRF91 station
AppVersion={#Version}
AppVerName=nRF91 station {#Version}
AppPublisher=nRF91 station developers
DefaultDirName={autopf}\nrf91-station
DefaultGroupName=nRF91 station
DisableProgramGroupPage=yes
PrivilegesRequired=admin
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile=..\..\LICENSE
OutputBaseFilename=nrf91-station-{#Version}-setup
OutputDir=..\..\dist
SetupIconFile=station.ico
UninstallDisplayIcon={app}\station-desktop.exe
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern
; A line that runs is never ended by an installer: [Code] refuses.
CloseApplications=no
#ifdef Signed
SignTool=station
SignedUninstaller=yes
#endif

[Files]
Source: "{#Tree}\station.exe"; DestDir: "{app}"; Flags: ignoreversion
Source: "{#Tree}\station-desktop.exe"; DestDir: "{app}"; Flags: ignoreversion
Source: "{#Tree}\_internal\*"; DestDir: "{app}\_internal"; Flags: ignoreversion recursesubdirs createallsubdirs
Source: "{#Tree}.cdx.json"; DestDir: "{app}"; DestName: "sbom.cdx.json"; Flags: ignoreversion
Source: "{#Tree}.licences.txt"; DestDir: "{app}"; DestName: "licences.txt"; Flags: ignoreversion
Source: "{#Redist}"; DestDir: "{tmp}"; DestName: "vc_redist.x64.exe"; Flags: deleteafterinstall

[InstallDelete]
; What an earlier version had and this one has not must not be found by it.
Type: filesandordirs; Name: "{app}\_internal"

[Icons]
Name: "{group}\nRF91 station"; Filename: "{app}\station-desktop.exe"
Name: "{group}\Licences"; Filename: "{app}\licences.txt"

[Run]
; Qt and pynrfjprog ask for it. 3010: it is there, and wants a restart at some time.
Filename: "{tmp}\vc_redist.x64.exe"; Parameters: "/install /quiet /norestart"; StatusMsg: "Microsoft Visual C++ runtime ..."; Flags: waituntilterminated

; No [UninstallDelete]: settings, journal and keys lie in folders that people chose, and stay.

[Code]
{ Windows lets nobody write to a program that runs. }
function IsOpen(Name: String): Boolean;
var
  Held: TFileStream;
begin
  Result := False;
  if FileExists(Name) then
    try
      Held := TFileStream.Create(Name, fmOpenReadWrite or fmShareExclusive);
      Held.Free;
    except
      Result := True;
    end;
end;

function Runs(): Boolean;
begin
  Result := IsOpen(ExpandConstant('{app}\station.exe')) or IsOpen(ExpandConstant('{app}\station-desktop.exe'));
end;

function PrepareToInstall(var NeedsRestart: Boolean): String;
begin
  Result := '';
  if Runs() then
    Result := 'The station is at work on this PC. End its batch, close its windows, end its engine (station engine --stop), then start again.';
end;

function InitializeUninstall(): Boolean;
begin
  Result := not Runs();
  if not Result then
    { Nobody may be there to press a button: with /SUPPRESSMSGBOXES it ends at once. }
    SuppressibleMsgBox('The station is at work on this PC. End its batch, close its windows, end its engine (station engine --stop), then start again.', mbError, MB_OK, IDOK);
end;
