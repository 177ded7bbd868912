"""The lab's CircleCI: a project whose jobs really run, and the API that tells of them.

`Project` (state.py) is what the service knows, `Engine` (engine.py) turns a push into a pipeline, `routes`
(api.py) answers API v2 and v1.1.
"""
