from celery import shared_task

from portal.reports.quarters import due_date


@shared_task
def remind(fiscal_year, quarter):
    """Name the day on which the quarter's report is due."""
    return f"The report for {quarter} of {fiscal_year} is due on {due_date(fiscal_year, quarter):%d %B %Y}."
