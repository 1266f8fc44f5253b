"""A station whose settings are read: what can be looked at without writing, and where its secrets are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from station.cloud.asking import Asker, Reach
from station.cloud.organisation import OrganisationCloud
from station.cloud.protocol import Cloud
from station.cloud.provisioning import ProvisioningApi
from station.cloud.team import TeamCloud
from station.cloud.wire import Timeouts as CloudTimeouts
from station.domain.secret import Secret
from station.host.clock import Clock, SystemClock
from station.host.redaction import Redactor
from station.host.secrets import EnvironmentSecret, SecretSource, resolve_secret
from station.journal.records import Records
from station.line.faults import (
    NO_CA,
    NO_CLOUD,
    NO_PROVISIONING,
    NO_SUCH_PRODUCT,
    OTHER_PRODUCT,
    PASSPHRASE_NOWHERE,
    TEAM_API_ONLY,
)
from station.settings.fixture import Fixture
from station.settings.loading import Loaded, load_fixture, load_recipe, load_station
from station.settings.recipe import Recipe
from station.settings.station import CloudSettings, StationSettings
from station.software import software_version


@dataclass(frozen=True, slots=True)
class Opened:
    """A station whose settings are read. Nothing was written yet and nothing is locked."""

    settings: Loaded[StationSettings]
    clock: Clock
    redactor: Redactor

    @property
    def value(self) -> StationSettings:
        """The settings themselves."""
        return self.settings.value

    def records(self) -> Records:
        """Return a reader of the journal; JRN-106 where there is none yet."""
        return Records(self.value.data)

    def secret(self, source: SecretSource, what: str) -> Secret:
        """Return a secret from where the station file says it is."""
        return resolve_secret(source, what, redactor=self.redactor)

    def secret_variables(self) -> frozenset[str]:
        """Return the names of the environment variables that hold this station's secrets."""
        cloud = self.value.cloud
        sources = [self.value.ca.passphrase, self.value.evidence.passphrase, cloud.secret if cloud else None]
        sources.append(cloud.proxy.password if cloud and cloud.proxy else None)
        return frozenset(source.variable for source in sources if isinstance(source, EnvironmentSecret))

    def fixture(self, path: Path | None = None) -> Loaded[Fixture]:
        """Return the station's fixture, or the one in ``path`` (a file, or a folder with a ``fixture.toml``)."""
        chosen = path or self.value.fixture
        return load_fixture(chosen / "fixture.toml" if chosen.is_dir() else chosen, data=self.value.data)

    def recipe(self, product: str) -> Loaded[Recipe]:
        """Return the recipe of this name in the station's recipes, or of this path."""
        named = self.value.recipes / f"{product}.toml"
        path = Path(product)
        if named.is_file():
            loaded = load_recipe(named)
            if loaded.value.product != product:
                raise OTHER_PRODUCT.fault(path=named, found=loaded.value.product)
            return loaded
        if path.suffix == ".toml" and path.is_file():
            return load_recipe(path)
        known = ", ".join(sorted(file.stem for file in self.value.recipes.glob("*.toml"))) or "none"
        raise NO_SUCH_PRODUCT.fault(product=product, folder=self.value.recipes, known=known)

    def ca_passphrase(self, ask: Callable[[str], Secret] | None = None) -> Secret:
        """Return the CA's passphrase from where the station file says it is; else by asking a person."""
        source = self.value.ca.passphrase
        if source is not None:
            return self.secret(source, "CA passphrase")
        if ask is None:
            raise PASSPHRASE_NOWHERE.fault(path=self.settings.path)
        passphrase = ask("CA passphrase")
        self.redactor.add(passphrase)
        return passphrase

    def require_ca(self) -> Path:
        """Return the CA's folder; LINE-174 where there is none yet."""
        if not self.value.ca_folder.is_dir():
            raise NO_CA.fault(folder=self.value.ca_folder)
        return self.value.ca_folder

    def cloud(self) -> Cloud | None:
        """Return the cloud that the station file names; None where finished units wait for one."""
        return None if self.value.cloud is None else self._cloud(self.value.cloud)

    def _cloud(self, cloud: CloudSettings) -> Cloud:
        proxy = self._proxy(cloud)
        secret = self.secret(cloud.secret, cloud.secret_name)
        timeouts = CloudTimeouts(connect=cloud.connect_timeout_s, read=cloud.read_timeout_s)
        if cloud.kind == "organisation":
            return OrganisationCloud(
                cloud.base_url,
                secret,
                organisation=str(cloud.organisation),
                project=str(cloud.project),
                clock=self.clock,
                version=software_version(),
                timeouts=timeouts,
                ca_bundle=cloud.ca_bundle,
                proxy=proxy,
                max_rows=cloud.batch_rows,
            )
        return TeamCloud(
            cloud.base_url,
            secret,
            clock=self.clock,
            version=software_version(),
            timeouts=timeouts,
            ca_bundle=cloud.ca_bundle,
            proxy=proxy,
            max_rows=cloud.batch_rows,
            provisioning_url=cloud.provisioning_url,
        )

    def provisioning(self) -> ProvisioningApi:
        """Return the Provisioning API that the station file names; LINE-159 where it names none."""
        cloud = self.value.cloud
        if cloud is None or cloud.provisioning_url is None:
            raise NO_PROVISIONING.fault(path=self.settings.path)
        return ProvisioningApi(cloud.provisioning_url, self.secret(cloud.secret, cloud.secret_name), self._reach(cloud))

    def require_team_api(self) -> None:
        """Raise as :meth:`team_asker` what can be known before there is a token to ask with."""
        self.team_asker(Secret("none-yet"))

    def team_asker(self, token: Secret | None = None) -> Asker:
        """Return what asks the team API: with its API key, or with a device's ``token`` in its place.

        Raises LINE-173 where the station file names no cloud, LINE-206 where it names the organisation API, and
        CLD-101 to CLD-105 where something of it can't be used. Nothing is asked.
        """
        cloud = self.value.cloud
        if cloud is None:
            raise NO_CLOUD.fault(path=self.settings.path)
        if cloud.kind != "team":
            raise TEAM_API_ONLY.fault(path=self.settings.path)
        return Asker(cloud.base_url, token or self.secret(cloud.secret, cloud.secret_name), self._reach(cloud))

    def _reach(self, cloud: CloudSettings) -> Reach:
        timeouts = CloudTimeouts(connect=cloud.connect_timeout_s, read=cloud.read_timeout_s)
        return Reach(self.clock, software_version(), timeouts, cloud.ca_bundle, self._proxy(cloud))

    def _proxy(self, cloud: CloudSettings) -> str | None:
        if cloud.proxy is None:
            return None
        if cloud.proxy.user is None or cloud.proxy.password is None:
            return cloud.proxy.url
        return _with_login(cloud.proxy.url, cloud.proxy.user, self.secret(cloud.proxy.password, "proxy password"))


def open_station(path: Path, clock: Clock | None = None) -> Opened:
    """Return the station whose file is ``path``; raises SET faults. Looks only."""
    return Opened(load_station(path), clock or SystemClock(), Redactor())


def _with_login(url: str, user: str, password: Secret) -> str:
    parts = urlsplit(url)
    login = f"{quote(user, safe='')}:{quote(password.reveal(), safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))
