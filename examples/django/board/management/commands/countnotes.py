"""Says how many notes there are, whenever that changes."""
import signal
import threading

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from board.models import Note


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args, **options):
        ends, said = threading.Event(), None
        signal.signal(signal.SIGTERM, lambda *_: ends.set())
        while not ends.wait(5 if said is not None else 0):
            close_old_connections()
            if (count := Note.objects.count()) != said:
                self.stdout.write(f"{count} notes")
                self.stdout.flush()
                said = count
