"""A signing key in the form of the package repository's Release.key, made by the real gpg."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


class PackageKeys:
    """A GnuPG home of its own, whose agent ends with `close`."""

    def __init__(self, home: Path) -> None:
        if shutil.which("gpg") is None:
            pytest.skip("gpg (GnuPG) is not installed on this machine")
        home.mkdir(mode=0o700)
        self._home = home

    def make(self, name: str, *, made: str, lives: str) -> str:
        """The fingerprint of a new key that was made on a day ("20200101T000000") and `lives` so long ("1y")."""
        self._gpg("--faked-system-time", made, "--quick-gen-key", name, "ed25519", "sign", lives)
        listed = self._gpg("--list-keys", "--with-colons", name).splitlines()
        return next(line.split(":")[9] for line in listed if line.startswith("fpr:"))

    def armored(self, *fingerprints: str) -> str:
        """The public keys as Release.key has them."""
        return self._gpg("--armor", "--export", *fingerprints)

    def close(self) -> None:
        """Ends the agent that gpg starts for secret keys."""
        subprocess.run(["gpgconf", "--homedir", str(self._home), "--kill", "all"], check=False)

    def _gpg(self, *arguments: str) -> str:
        command = ["gpg", "--homedir", str(self._home), "--batch", "--quiet", "--passphrase", "", *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout
