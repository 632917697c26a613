"""A bakery as views of Django."""

from django.http import HttpRequest, JsonResponse
from django.urls import path


def loaf(_request: HttpRequest, loaf_id: int) -> JsonResponse:
    if loaf_id == 404:
        return JsonResponse({"code": "not_found"}, status=404)
    return JsonResponse({"loafId": loaf_id, "grams": 1})


urlpatterns = [path("bakery/v1/loaves/<int:loaf_id>", loaf)]
