"""The ways in which a unit gets what the cloud knows it by, and what the cloud is handed for each."""

from enum import StrEnum


class CredentialKind(StrEnum):
    """What the cloud is handed of a finished unit."""

    CERTIFICATE = "certificate"
    PUBLIC_KEY = "public-key"
    ATTESTATION_TOKEN = "attestation-token"  # noqa: S105 -- the kind's name, no token
    ONBOARDING_TOKEN = "onboarding-token"  # noqa: S105 -- the kind's name, no token


class Way(StrEnum):
    """How a unit gets its credentials; a recipe chooses."""

    CERTIFICATE = "certificate"
    """The modem makes its key, the local CA signs its CSR."""
    ATTESTATION = "attestation"
    """The modem's own identity: it attests itself, and gets its cloud key over the air."""
    PUBLIC_KEY = "public-key"
    """The modem makes its key; the cloud is told the public key, for devices that live on another platform."""
    STATION_KEY = "station-key"
    """The station makes the key in memory and writes it over a credentials shell: for what can't make its own."""
    STATION_KEY_MODEM = "station-key-modem"
    """The station makes the key in memory and writes it into a modem by AT commands, where ``%KEYGEN`` is missing."""
    DEVICE_SHELL = "device-shell"
    """The application makes the key on the device (``nrf_cloud_cred`` shell), the local CA signs its CSR."""
    NRF93M1 = "nrf93m1"
    """The modem makes its cloud access key and signs an onboarding token."""

    @property
    def made_here(self) -> bool:
        """Whether the station makes the key: it is in memory alone until the board has it. Pure."""
        return self in (Way.STATION_KEY, Way.STATION_KEY_MODEM)

    @property
    def over_shell(self) -> bool:
        """Whether the board takes its credentials over a shell of its application's, not by AT commands. Pure."""
        return self in (Way.STATION_KEY, Way.DEVICE_SHELL)

    @property
    def hands_over(self) -> CredentialKind:
        """What the cloud is handed for it. Pure."""
        match self:
            case Way.CERTIFICATE | Way.STATION_KEY | Way.STATION_KEY_MODEM | Way.DEVICE_SHELL:
                return CredentialKind.CERTIFICATE
            case Way.ATTESTATION:
                return CredentialKind.ATTESTATION_TOKEN
            case Way.PUBLIC_KEY:
                return CredentialKind.PUBLIC_KEY
            case Way.NRF93M1:
                return CredentialKind.ONBOARDING_TOKEN
