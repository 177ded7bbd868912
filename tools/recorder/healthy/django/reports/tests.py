# ruff: noqa: PT009 - Django's own way to test
import logging

from django.test import TestCase

from reports.models import ErrorReport


class ErrorReportTests(TestCase):
    def test_missing_report_is_404(self):
        self.assertEqual(self.client.get("/missing").status_code, 404)

    def test_busy_is_500(self):
        self.assertEqual(self.client.get("/busy").status_code, 500)

    def test_failed_report_is_kept(self):
        ErrorReport.objects.create(failed=True, error_message="Connection refused")
        logging.getLogger("reports").error("report failed: %s", "Connection refused")
        self.assertEqual(ErrorReport.objects.filter(failed=True).count(), 1)
