"""Data folders of `marbre dev`, made once a run and copied for each server: what takes seconds (a cluster, the migrations,
accounts, the sample) takes a tenth of one.

    templates = Templates(folder)            several processes may use the same folder
    templates.copy(to, options, make)        make(folder) is asked for the first of its kind: it runs `marbre dev`, and ends it

A copy has keys of its own, and a PostgreSQL that leaves it to the kernel when bytes reach the disk: no story takes the power
away, and a process that is killed loses nothing by it.
"""
import fcntl
import shutil
import subprocess

SETTINGS = "\n# Of a test: nobody takes the power away.\nfsync = off\nfull_page_writes = off\n"


class Templates:
    def __init__(self, folder):
        self.folder = folder

    def copy(self, to, options, make):
        template = self.folder / ("template" + "".join(options))
        with open(self.folder / (template.name + ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not template.exists():
                self.make(template, make)
        subprocess.run(["cp", "-a", template, to], check=True)

    def make(self, template, make):
        fresh = template.with_name(template.name + ".new")
        make(fresh)
        shutil.rmtree(fresh / "secrets")
        (fresh / "postgres.log").unlink()
        with open(fresh / "postgres/postgresql.conf", "a") as settings:
            settings.write(SETTINGS)
        fresh.rename(template)
