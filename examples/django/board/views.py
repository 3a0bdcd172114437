from django.db.models.functions import TruncDay
from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from board.models import Note


def healthy(_request):
    return HttpResponse("ok\n", content_type="text/plain")


@csrf_exempt
def notes(request):
    """Writes go to the primary, reads to a replica; days are counted in the site's time zone."""
    if request.method == "POST":
        note = Note.objects.create(text=request.POST["text"])
        return JsonResponse({"id": note.pk}, status=201)
    days = Note.objects.using("replica").annotate(day=TruncDay("written")).values("day").distinct().count()
    return JsonResponse({"notes": list(Note.objects.using("replica").values_list("text", flat=True)), "days": days})
