from django.contrib import admin

from board.models import Note

admin.site.register(Note)
