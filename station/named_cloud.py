"""The cloud that a station file names, and its other APIs, as programs ask them.

Apart from :mod:`station.opened`, which loads this when it is asked for one: what speaks HTTP is a third of what that
would load, and a window, a verification or a list of units asks no cloud.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from station.cloud.asking import Asker, Reach
from station.cloud.organisation import OrganisationCloud
from station.cloud.protocol import Cloud
from station.cloud.provisioning import ProvisioningApi
from station.cloud.team import TeamCloud
from station.cloud.wire import Timeouts
from station.domain.secret import Secret
from station.host.clock import Clock
from station.host.secrets import SecretSource
from station.line.faults import NO_PROVISIONING, TEAM_API_ONLY
from station.settings.station import CloudSettings
from station.software import software_version


@dataclass(frozen=True, slots=True)
class NamedCloud:
    """The ``[cloud]`` of the station file ``file``; ``read`` reads a secret from where that says it is. Asks nothing.

    Everything here raises what ``read`` raises, and CLD-101 to CLD-105 where something of the settings can't be used.
    """

    file: Path
    settings: CloudSettings
    clock: Clock
    read: Callable[[SecretSource, str], Secret]

    def cloud(self) -> Cloud:
        """Return the cloud, with its secret as it is now."""
        named = self.settings
        proxy, secret = self._proxy(), self._secret()
        if named.kind == "organisation":
            return OrganisationCloud(
                named.base_url,
                secret,
                organisation=str(named.organisation),
                project=str(named.project),
                clock=self.clock,
                version=software_version(),
                timeouts=self._timeouts(),
                ca_bundle=named.ca_bundle,
                proxy=proxy,
                max_rows=named.batch_rows,
            )
        return TeamCloud(
            named.base_url,
            secret,
            clock=self.clock,
            version=software_version(),
            timeouts=self._timeouts(),
            ca_bundle=named.ca_bundle,
            proxy=proxy,
            max_rows=named.batch_rows,
            provisioning_url=named.provisioning_url,
        )

    def provisioning(self) -> ProvisioningApi:
        """Return the Provisioning API; LINE-159 where none is named."""
        if self.settings.provisioning_url is None:
            raise NO_PROVISIONING.fault(path=self.file)
        return ProvisioningApi(self.settings.provisioning_url, self._secret(), self._reach())

    def team_asker(self, token: Secret | None) -> Asker:
        """Return what asks the team API, with ``token`` or else its API key; LINE-206 where it is another API."""
        if self.settings.kind != "team":
            raise TEAM_API_ONLY.fault(path=self.file)
        return Asker(self.settings.base_url, token or self._secret(), self._reach())

    def _secret(self) -> Secret:
        return self.read(self.settings.secret, self.settings.secret_name)

    def _timeouts(self) -> Timeouts:
        return Timeouts(connect=self.settings.connect_timeout_s, read=self.settings.read_timeout_s)

    def _reach(self) -> Reach:
        return Reach(self.clock, software_version(), self._timeouts(), self.settings.ca_bundle, self._proxy())

    def _proxy(self) -> str | None:
        proxy = self.settings.proxy
        if proxy is None:
            return None
        if proxy.user is None or proxy.password is None:
            return proxy.url
        return _with_login(proxy.url, proxy.user, self.read(proxy.password, "proxy password"))


def _with_login(url: str, user: str, password: Secret) -> str:
    parts = urlsplit(url)
    login = f"{quote(user, safe='')}:{quote(password.reveal(), safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))
