"""What a bundle says to people of what it holds, unit by unit. Text, made from the entries alone.

A part of `verify.py`, which makes it again from the entries: it imports the standard library alone.
"""

import hashlib
from typing import Any

# In a bundle's verify.py, what is imported here stands above.
from station.evidence.forms import Key, plain


def _handed(step: str, got: Any) -> str:
    """Return what a step left for the cloud that is no certificate; "" for any other."""
    match step:
        case "attest":
            return f"attestation token for the cloud, SHA-256 {hashlib.sha256(got['attestation'].encode()).hexdigest()}"
        case "enrol":
            return (
                f"onboarding token for {got['account']} until {got['expires'][:19]}Z, key SHA-256 {got['spki_sha256']}"
            )
        case "generate-key" if "csr" in got:
            return f"key {got['made']}, SHA-256 {got['spki_sha256']}"
        case "generate-key" if "csr_sha256" not in got and "spki_sha256" in got:
            return f"public key for the cloud, SHA-256 {got['spki_sha256']}"
    return ""


class Summary:
    """Takes entries (as JSON objects, in order) and draws them. Equal entries give equal text."""

    def __init__(self) -> None:
        self._attempts, self._units = dict[int, list[str]](), dict[str, list[int]]()
        self._certificates, self._devices = dict[str, list[str]](), dict[str, str]()
        self._count, self._restored, self._named = 0, list[str](), dict[int, str]()

    def feed(self, event: Any) -> None:
        body, at = event["body"], f"{event['at'][:19]}Z"
        self._count += 1
        match event["kind"]:
            case "restored":
                said = f"Restored {at} from a backup of {body['size']} entries of {body['before']}"
                self._restored.append(f"{said}, by {body['operator']} and {body['second']}: {body['reason']}")
            case "attempt-opened":
                opened = f"  attempt {event['seq']}, slot {body['slot']}, batch {body['batch']}: {at}"
                self._attempts[event["seq"]] = [opened]
            case "unit-identified":
                self._units.setdefault(body["device_id"], []).append(body["attempt"])
                self._named.setdefault(event["seq"], body["device_id"])
                numbers = f"IMEI {body['imei']}, UUID {body['uuid'] or '-'}, {body['model']}, {body['modem_firmware']}"
                self._attempts[body["attempt"]].append(f"    {numbers}")
            case "step-finished" if body["outcome"] == "passed":
                said = _handed(body["step"], body["results"])
                self._attempts[body["attempt"]] += [f"    {said}"] if said else []
            case "attempt-closed":
                fault = body["fault"]
                said = f" ({fault['code']}: {fault['sentence']})" if fault else ""
                self._attempts[body["attempt"]].append(f"    {at} {body['outcome']}{said}, by {event['by']}")
            case "final-check":
                asked = f"known: {body['known']}, its own token: {body['token']}"
                words = f" ({body['words']})" if body["words"] else ""
                said = f"  final check at the cloud {at}: {asked}{words}"
                self._certificates.setdefault(self._named.get(body["unit"], ""), []).append(said)
            case "certificate-intended":
                self._devices[body["serial"]] = body["device_id"]
            case "certificate-issued":
                line = f"  certificate {body['serial']}, SHA-256 {body['sha256']}"
                self._certificates.setdefault(self._devices[body["serial"]], []).append(line)
            case "certificate-superseded":
                said = f"  certificate {body['serial']} no longer stands: {body['reason']}"
                self._certificates.setdefault(self._devices.get(body["serial"], ""), []).append(said)

    def text(self, key: Key, size: int, root: bytes) -> str:
        """Return the summary under the key's checkpoint of ``size`` entries with this root. Pure."""
        known, digest = {attempt for found in self._units.values() for attempt in found}, key.fingerprint
        lines = [
            f"Journal {key.name}, {size} entries, root {root.hex()}",
            f"Signed by {key.line}",
            f"Fingerprint {' '.join(digest[at : at + 4] for at in range(0, 64, 4))}",
            f"{self._count} entries, {len(self._units)} units, {len(self._attempts)} attempts",
            *self._restored,
        ]
        for device in sorted(self._units):
            lines += ["", f"unit {device}", *self._certificates.get(device, [])]
            lines += [line for attempt in self._units[device] for line in self._attempts[attempt]]
        silent = [line for attempt, said in self._attempts.items() if attempt not in known for line in said]
        lines += ["", "boards that never said who they are", *silent] if silent else []
        return "".join(f"{plain(line)}\n" for line in lines)
