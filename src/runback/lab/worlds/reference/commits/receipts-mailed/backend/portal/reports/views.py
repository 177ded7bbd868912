from django.http import JsonResponse
from django.views.decorators.http import require_GET, require_POST

from portal.reports import quarters, receipt, scan


@require_GET
def health(request):
    return JsonResponse({"status": "ok"})


@require_GET
def period(request, year, quarter):
    """When a quarter's report is due."""
    if quarter not in quarters.FIRST_MONTH:
        return JsonResponse({"error": f"{quarter} is no quarter"}, status=404)
    return JsonResponse({"due": quarters.due_date(year, quarter).isoformat()})


@require_POST
def upload(request):
    """Take a report file in, once the scanner has passed it."""
    file = request.FILES["file"]
    try:
        clean = scan.is_clean(file.name, file.read())
    except scan.ScanFailed:
        return JsonResponse({"error": "The file could not be scanned. Please try again."}, status=502)
    if not clean:
        return JsonResponse({"error": "The file holds a virus."}, status=400)
    receipt.send(file.name)
    return JsonResponse({"accepted": file.name}, status=201)
