from django.http import JsonResponse
from django.views.decorators.http import require_GET, require_POST

from portal.reports import archive, quarters, scan
from portal.reports.models import Report


@require_GET
def health(request):
    return JsonResponse({"status": "ok"})


@require_GET
def period(request, year, quarter):
    """When a quarter's report is due."""
    if quarter not in quarters.FIRST_MONTH:
        return JsonResponse({"error": f"{quarter} is no quarter"}, status=404)
    received = Report.objects.filter(year=year).count()
    return JsonResponse({"due": quarters.due_date(year, quarter).isoformat(), "received": received})


@require_POST
def upload(request):
    """Take a report file in, once the scanner has passed it."""
    file = request.FILES["file"]
    content = file.read()
    Report.objects.create(name=file.name)
    try:
        clean = scan.is_clean(file.name, content)
    except scan.ScanFailed:
        return JsonResponse({"error": "The file could not be scanned. Please try again."}, status=502)
    if not clean:
        return JsonResponse({"error": "The file holds a virus."}, status=400)
    archive.keep(file.name, content)
    return JsonResponse({"accepted": file.name}, status=201)
