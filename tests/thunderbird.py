"""Thunderbird on a screen that nobody sees, told what to do by Marionette, the protocol by which browsers are driven.

Marionette sends and takes JSON, each message with its length before it; what is done is said in Thunderbird's own
JavaScript, for there are no web pages to click on. Pictures are taken of the whole screen.
"""

import contextlib
import json
import os
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mail_programs import Started
from program import require_installed

SECONDS = 60
SIZE = "1000x900"

_BEFORE = """
const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const main = Services.wm.getMostRecentWindow("mail:3pane");
const composer = () => Services.wm.getMostRecentWindow("msgcompose");
const server = MailServices.accounts.accounts.find(a => a.incomingServer.type == "imap").incomingServer;
const folder = flag => [...server.rootFolder.subFolders].find(f => f.flags & Ci.nsMsgFolderFlags[flag]);
const sleep = seconds => new Promise(done => setTimeout(done, seconds * 1000));
const until = async what => { for (let i = 0; i < 150; i++) { if (what()) return; await sleep(.2); } throw what; };
"""
_LOG_IN = """
const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
login.init("imap://localhost", null, "imap://localhost", server.username, given, "", "");
await Services.logins.addLoginAsync(login);
main.moveTo(0, 0); main.resizeTo(1000, 900);
folder("Inbox").getNewMessages(main.msgWindow, null);
await until(() => folder("Drafts"));
await sleep(2);
"""
_DRAFTS = """
const drafts = folder("Drafts");
drafts.updateFolder(main.msgWindow);
await sleep(2);
main.document.getElementById("tabmail").currentAbout3Pane.displayFolder(drafts.URI);
await sleep(1);
return [...drafts.messages].map(one => one.messageKey);
"""
_SHOW = """
main.document.getElementById("tabmail").currentAbout3Pane.threadTree.selectedIndex = given;
await sleep(2);
"""
_OPEN = """
const drafts = folder("Drafts");
const message = drafts.getUriForMsg(drafts.GetMessageHeader(given));
main.ComposeMessage(Ci.nsIMsgCompType.Draft, Ci.nsIMsgCompFormat.Default, drafts, [message]);
await until(() => composer()?.gMsgCompose?.editor && composer().document.readyState == "complete");
await sleep(2);
composer().moveTo(0, 0); composer().resizeTo(1000, 900);
await sleep(1);
const {compFields, editor} = composer().gMsgCompose;
const files = [...compFields.attachments].map(one => one.name);
const {from, to, subject, references} = compFields;
return {from, to, subject, references, files, text: editor.outputToString("text/plain", 0)};
"""
_ADD = """
const {editor} = composer().gMsgCompose;
editor.endOfDocument();
editor.insertText(given);
"""
_SAVE = """
composer().goDoCommand("cmd_saveAsDraft");
await sleep(4);
composer().close();
"""
_SEND = """
composer().goDoCommand("cmd_sendNow");
await until(() => !composer());
await sleep(2);
"""


class Thunderbird:
    """Thunderbird for as long as the ``with`` statement lasts.

    Args:
        started: how it is started, in a profile that asks nothing.
        home: where its profile lies.
    """

    def __init__(self, started: Started, home: Path) -> None:
        self._started = started
        self._home = home
        self._number = 0

    def __enter__(self) -> Self:
        require_installed("thunderbird", package="thunderbird")
        self._things = contextlib.ExitStack()
        with contextlib.ExitStack() as things:
            self.display = f":{self._start_screen(things)}"
            port = _free_port()
            with (self._home / "profile" / "user.js").open("a", encoding="utf-8") as settings:
                settings.write(f'user_pref("marionette.port", {port});\n')
            command = [*self._started.command, "--marionette", "--remote-allow-system-access"]
            environment = {**self._started.environment, "DISPLAY": self.display}
            _run(things, command, environment, self._home / "thunderbird.log")
            self._socket = things.enter_context(_connected(port))
            self._answer()
            self._command("WebDriver:NewSession")
            self._command("Marionette:SetContext", value="chrome")
            time.sleep(3)  # its own start goes on
            self._things = things.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._things.close()

    def log_in(self, password: str) -> None:
        """Have the mailboxes listed; only those that Anne has subscribed to are."""
        self._do(_LOG_IN, password)

    def drafts(self) -> list[int]:
        """Show the drafts mailbox, and give the UIDs of what lies there."""
        found = self._do(_DRAFTS)
        assert isinstance(found, list)
        return found

    def show(self, index: int) -> None:
        """Show the message in that line of the list, as one reads it."""
        self._do(_SHOW, index)

    def open(self, uid: int) -> dict[str, Any]:
        """Open a draft in the composer, and give its fields, text and files."""
        found = self._do(_OPEN, uid)
        assert isinstance(found, dict)
        return found

    def add(self, text: str) -> None:
        """Write *text* at the end of what is open."""
        self._do(_ADD, text)

    def save(self) -> None:
        """Save what is open as a draft, and close it."""
        self._do(_SAVE)

    def send(self) -> None:
        """Send what is open."""
        self._do(_SEND)

    def picture(self, file: Path) -> None:
        """Take a picture of the screen."""
        program = require_installed("import", package="imagemagick")
        subprocess.run([program, "-display", self.display, "-window", "root", str(file)], check=True)

    def _start_screen(self, things: contextlib.ExitStack) -> str:
        reading, writing = os.pipe()
        command = [require_installed("Xvfb", package="xvfb"), "-displayfd", str(writing), "-screen", "0", f"{SIZE}x24"]
        process = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
        things.callback(_stop, process)
        os.close(writing)
        with os.fdopen(reading) as number:
            return number.readline().strip()

    def _do(self, code: str, given: object = None) -> object:
        script = f"""
            const [given, done] = arguments;
            (async () => {{ {_BEFORE} {code} }})()
                .then(found => done({{found}}), error => done({{error: `${{error}}`}}));
        """
        more = {"args": [given], "scriptTimeout": SECONDS * 1000, "sandbox": "system"}
        answer = self._command("WebDriver:ExecuteAsyncScript", script=script, **more)["value"]
        assert "error" not in answer, answer["error"]
        return answer.get("found")

    def _command(self, name: str, **given: object) -> Any:  # noqa: ANN401 - what JSON has
        self._number += 1
        message = json.dumps([0, self._number, name, given]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _kind, _number, error, found = self._answer()
        assert error is None, error
        return found

    def _answer(self) -> Any:  # noqa: ANN401 - likewise
        length = b""
        while not length.endswith(b":"):
            length += self._socket.recv(1)
        answer = b""
        while len(answer) < int(length[:-1]):
            answer += self._socket.recv(int(length[:-1]) - len(answer))
        return json.loads(answer)


def _run(things: contextlib.ExitStack, command: list[str], environment: dict[str, str], log: Path) -> None:
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    things.callback(_stop, process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)
        return
    process.kill()
    process.wait()


def _connected(port: int) -> socket.socket:
    end = time.monotonic() + SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), SECONDS)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
