"""How quarters are called in mails."""
import os
import json
from datetime import date
from collections import OrderedDict

LABELS = OrderedDict(Q1 = 'October to December', Q2 = 'January to March')


def label(quarter, on = date.today()):
    """Return the label of a quarter."""
    return json.loads(os.environ.get("LABELS", "{}")).get(quarter,LABELS[quarter]) + f' ({on.year})'
