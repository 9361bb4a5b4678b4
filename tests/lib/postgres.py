"""A PostgreSQL of a story's own, whose libraries may be changed beneath it, as the upgrade of a package does. Only the
program is copied: it looks for its libraries beside itself."""
import os
import pathlib
import shutil
import subprocess


class OwnPostgres:
    def __init__(self, folder):
        installed, libraries = (pathlib.Path(subprocess.run(["pg_config", f"--{what}"], check=True, capture_output=True,
                                                            text=True).stdout.strip()) for what in ("bindir", "pkglibdir"))
        self.bin, self.lib = folder / "bin", folder / "lib"
        for made in (folder, self.bin, self.lib):
            made.mkdir()
        shutil.copy2(installed / "postgres", self.bin)
        (self.bin / "initdb").symlink_to(installed / "initdb")
        for library in libraries.glob("*.so"):
            (self.lib / library.name).symlink_to(library)
        told = self.bin / "pg_config"
        told.write_text(f"#!/bin/sh\necho '{self.bin}'\n")
        told.chmod(0o755)
        self.environment = {"PATH": f"{self.bin}:{os.environ['PATH']}"}

    def change(self, library):
        """Puts something else in its place, which a backend that has read the old one does not notice."""
        (self.lib / library).rename(self.lib / f"{library}.old")
        (self.lib / library).write_text("of another version\n")

    def put_back(self, library):
        (self.lib / f"{library}.old").rename(self.lib / library)
