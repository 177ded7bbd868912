import unittest
from datetime import date

from portal.reports.fees import late_fee


class LateFee(unittest.TestCase):
    def test_in_time_costs_nothing(self):
        self.assertEqual(late_fee(date(2026, 5, 14), date(2026, 5, 14)), 0)

    def test_three_days(self):
        self.assertEqual(late_fee(date(2026, 5, 14), date(2026, 5, 17)), 75)
