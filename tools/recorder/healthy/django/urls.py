from django.http import Http404, HttpResponse, HttpResponseServerError
from django.urls import path


def missing(request):
    raise Http404("no such report")


def busy(request):
    return HttpResponseServerError("try again")


urlpatterns = [
    path("", lambda request: HttpResponse("ok")),
    path("missing", missing),
    path("busy", busy),
]
