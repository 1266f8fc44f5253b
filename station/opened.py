"""A station whose settings are read: what can be looked at without writing, and where its secrets are.

It loads what a window needs for its first page. The journal's reader, recipes and fixtures, and whatever asks a cloud
are loaded by the method that is asked for one: each is slow to load, and few who open a station use all of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from station.domain.secret import Secret
from station.host.clock import Clock, SystemClock
from station.host.redaction import Redactor
from station.host.secrets import EnvironmentSecret, SecretSource, resolve_secret
from station.line.faults import (
    NO_CA,
    NO_CLOUD,
    NO_PROVISIONING,
    NO_SUCH_PRODUCT,
    OTHER_PRODUCT,
    PASSPHRASE_NOWHERE,
)
from station.settings.reading import Loaded, load_station
from station.settings.station import CloudSettings, StationSettings

if TYPE_CHECKING:  # see above
    from station.cloud.asking import Asker
    from station.cloud.protocol import Cloud
    from station.cloud.provisioning import ProvisioningApi
    from station.journal.records import Records
    from station.named_cloud import NamedCloud
    from station.settings.fixture import Fixture
    from station.settings.recipe import Recipe


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

    def records(self) -> "Records":
        """Return a reader of the journal; JRN-106 where there is none yet."""
        from station.journal.records import Records  # noqa: PLC0415 -- see above

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

    def fixture(self, path: Path | None = None) -> "Loaded[Fixture]":
        """Return the station's fixture, or the one in ``path`` (a file, or a folder with a ``fixture.toml``)."""
        from station.settings.loading import load_fixture  # noqa: PLC0415 -- see above

        chosen = path or self.value.fixture
        return load_fixture(chosen / "fixture.toml" if chosen.is_dir() else chosen, data=self.value.data)

    def recipe(self, product: str) -> "Loaded[Recipe]":
        """Return the recipe of this name in the station's recipes, or of this path."""
        from station.settings.loading import load_recipe  # noqa: PLC0415 -- see above

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

    def cloud(self) -> "Cloud | None":
        """Return the cloud that the station file names; None where finished units wait for one."""
        return None if self.value.cloud is None else self._named(self.value.cloud).cloud()

    def provisioning(self) -> "ProvisioningApi":
        """Return the Provisioning API that the station file names; LINE-159 where it names none."""
        if self.value.cloud is None:
            raise NO_PROVISIONING.fault(path=self.settings.path)
        return self._named(self.value.cloud).provisioning()

    def require_team_api(self) -> None:
        """Raise as :meth:`team_asker` what can be known before there is a token to ask with."""
        self.team_asker(Secret("none-yet"))

    def team_asker(self, token: Secret | None = None) -> "Asker":
        """Return what asks the team API: with its API key, or with a device's ``token`` in its place.

        Raises LINE-173 where the station file names no cloud, LINE-206 where it names the organisation API, and
        CLD-101 to CLD-105 where something of it can't be used. Nothing is asked.
        """
        if self.value.cloud is None:
            raise NO_CLOUD.fault(path=self.settings.path)
        return self._named(self.value.cloud).team_asker(token)

    def _named(self, cloud: CloudSettings) -> "NamedCloud":
        from station.named_cloud import NamedCloud  # noqa: PLC0415 -- see above

        return NamedCloud(self.settings.path, cloud, self.clock, self.secret)


def open_station(path: Path, clock: Clock | None = None) -> Opened:
    """Return the station whose file is ``path``; raises SET faults. Looks only."""
    return Opened(load_station(path), clock or SystemClock(), Redactor())
