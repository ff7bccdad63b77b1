"""tests/services/smtp_sink.py as a process, and the mails that it took."""
import email
import email.policy
import json
import pathlib
import subprocess
import threading

PROGRAM = pathlib.Path(__file__).resolve().parent.parent / "services" / "smtp_sink.py"


class Sink:
    """A mail server for one test or more; ends with stop()."""

    def __init__(self, mode):
        self.process = subprocess.Popen(["/usr/bin/python3", PROGRAM, mode], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        about = json.loads(self.process.stdout.readline())
        self.port, self.ca = about["port"], about["ca"]
        self.lines, self.arrived = [], threading.Semaphore(0)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))
            self.arrived.release()

    def mail(self):
        assert self.arrived.acquire(timeout=20), "no mail arrived"
        mail = self.lines.pop(0)
        mail["message"] = email.message_from_string(mail["data"], policy=email.policy.default)
        return mail

    def settings(self, **more):
        return {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(self.port), "SMTP_SENDER": "maestro@example.com",
                "MAESTRO_FORGOT_ORIGINS": "https://client.example", **more}

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.reader.join()
        self.process.stdout.close()
