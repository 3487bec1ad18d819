"""Chromium without a window, driven over HTTP (W3C WebDriver), with a profile of its own and no way to the network."""

import json
import shutil
import subprocess
import time
from base64 import b64decode
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

NEEDED = ("chromium", "chromedriver")
IS_THERE = all(shutil.which(name) for name in NEEDED)
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *(
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ),
)


class Browser:
    """A browser with one page. flags: more of Chromium's. Leaves no process behind once it is closed."""

    def __init__(self, folder: Path, *flags: str, width: int = 1280, height: int = 900):
        self._driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        port = next(line.rstrip(".\n").rpartition(" ")[2] for line in self._driver.stdout if "successfully" in line)
        self._address = f"http://127.0.0.1:{port}/session"
        profile = f"--user-data-dir={folder}"
        options = {"args": [*_FLAGS, profile, f"--window-size={width},{height}", *flags]}
        logs = {"browser": "ALL", "performance": "ALL"}
        wanted = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": logs}}
        try:
            self._address += "/" + self._ask("", {"capabilities": wanted})["sessionId"]
        except BaseException:
            self._driver.terminate()
            raise

    def open(self, address: str) -> None:
        self._ask("/url", {"url": address})

    def run(self, script: str, *arguments: object) -> object:
        """What a script returns; `arguments[0]` and so on are its arguments, and a promise is waited for."""
        return self._ask("/execute/sync", {"script": script, "args": arguments})

    def wait(self, script: str, *arguments: object, seconds: float = 20) -> object:
        """What a script returns once that is true; AssertionError where it does not become so."""
        end = time.monotonic() + seconds
        while not (found := self.run(script, *arguments)):
            assert time.monotonic() < end, f"not within {seconds} s: {script}; console: {self.console()}"
            time.sleep(0.05)
        return found

    def press(self, keys: str) -> None:
        """Press keys, one after the other."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def command(self, name: str, **arguments: object) -> object:
        """A command of the DevTools protocol."""
        return self._ask("/goog/cdp/execute", {"cmd": name, "params": arguments})

    def screenshot(self, path: Path) -> None:
        path.write_bytes(b64decode(self._ask("/screenshot")))

    def console(self) -> list[str]:
        """What was written to the console since it was last asked for: errors of the page among it."""
        return [entry["message"] for entry in self._ask("/se/log", {"type": "browser"})]

    def fetched(self) -> set[str]:
        """Every address that was asked for since this was last called."""
        events = [json.loads(entry["message"])["message"] for entry in self._ask("/se/log", {"type": "performance"})]
        return {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}

    def close(self) -> None:
        try:
            self._ask("", method="DELETE")
        finally:
            self._driver.terminate()
            self._driver.wait()

    def _ask(self, path: str, body: dict | None = None, method: str | None = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._address + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None
