from datetime import date

from django.test import SimpleTestCase

from portal.reports.fees import late_fee


class LateFee(SimpleTestCase):
    def test_three_days(self):
        self.assertEqual(late_fee(date(2026, 5, 14), date(2026, 5, 17)), 75)
