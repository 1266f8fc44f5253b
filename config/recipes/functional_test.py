"""An example of a step of your own: asked in JSON on standard input, answering in JSON on standard output.

Put your instruments where `measure` is. The station's side of this is described in config/README.md.
"""

import json
import sys


def measure(_port: str) -> dict[str, tuple[float, str]]:
    """Return each measurement's value and unit. This one stands in for a multimeter and a current probe."""
    return {"supply": (3.3, "V"), "sleep current": (2.9, "uA")}


def main() -> None:
    request = json.load(sys.stdin)
    measurements = [
        {"name": name, "value": value, "unit": unit} for name, (value, unit) in measure(request["port"]).items()
    ]
    # The limits stand in the recipe, where they are hashed and recorded; the station judges the values by them.
    json.dump({"outcome": "passed", "reason": "", "measurements": measurements}, sys.stdout)


if __name__ == "__main__":
    main()
