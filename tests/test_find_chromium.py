"""find_chromium: small scripts on PATH play browsers that start, that do not, and an apt-get that
brings one.
"""

import stat
import sys

import find_chromium
import pytest

STARTS = '#!/bin/sh\necho "Chromium 1.2.3"\n'
ONLY_A_HINT = '#!/bin/sh\necho "Command needs the chromium snap" >&2\nexit 1\n'


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """An empty folder that is all of PATH; nothing else on this machine counts as a browser."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(find_chromium.ENVIRONMENT_NAME, raising=False)
    monkeypatch.setattr(find_chromium, "MAC_APPS", ())
    monkeypatch.setattr(find_chromium, "playwrights_own", lambda: str(tmp_path / "none"))
    return tmp_path


def add_command(folder, name, script):
    path = folder / name
    path.write_text(script)
    path.chmod(stat.S_IRWXU)
    return str(path)


def test_the_first_browser_that_starts_is_found(commands):
    add_command(commands, "chromium-browser", ONLY_A_HINT)
    assert find_chromium.find_chromium() is None
    chrome = add_command(commands, "google-chrome", STARTS)
    assert find_chromium.find_chromium() == chrome


def test_the_wished_browser_comes_first_and_must_start(commands, tmp_path, monkeypatch):
    add_command(commands, "chromium", STARTS)
    wished = add_command(tmp_path, "mine", STARTS)
    monkeypatch.setenv(find_chromium.ENVIRONMENT_NAME, wished)
    assert find_chromium.find_chromium() == wished
    monkeypatch.setenv(find_chromium.ENVIRONMENT_NAME, add_command(tmp_path, "broken", ONLY_A_HINT))
    with pytest.raises(FileNotFoundError, match="broken is no browser that starts"):
        find_chromium.find_chromium()


def test_where_playwright_cannot_download_one_apt_brings_it(commands, monkeypatch, capfd):
    """Playwright's installer is left out by an interpreter that does nothing; apt-get is a
    script.
    """
    monkeypatch.setattr(sys, "executable", add_command(commands, "python", "#!/bin/sh\nexit 1\n"))
    monkeypatch.setattr(find_chromium, "root_prefix", list)
    add_command(commands, "env", '#!/bin/sh\nshift\nexec "$@"\n')
    body = STARTS.replace("\n", "\\n")
    brings = (
        f"case $* in *install*chromium) printf '{body}' > {commands}/chromium; /bin/chmod +x"
        f" {commands}/chromium;; esac"
    )
    add_command(commands, "apt-get", f"#!/bin/sh\n{brings}\n")
    assert find_chromium.main() == 0
    out, err = capfd.readouterr()
    assert out.strip() == str(commands / "chromium")
    assert (
        err.index("playwright install chromium")
        < err.index("apt-get -q -y update")
        < err.index("apt-get -q -y install")
    )


@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 3)])
def test_where_there_is_really_none_it_says_so_loudly(commands, monkeypatch, capfd, ci, status):
    monkeypatch.setattr(sys, "executable", add_command(commands, "python", "#!/bin/sh\nexit 1\n"))
    monkeypatch.setenv("CI", ci)
    assert find_chromium.main() == status
    out, err = capfd.readouterr()
    assert out == ""
    assert "NO CHROMIUM" in err
