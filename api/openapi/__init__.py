"""The description of the API at /openapi.json: shapes of answers, what each operation takes, examples, problems.

APIFlask finds the routes, their parameters in the path, and their words (the docstrings). What it cannot see,
because `api.inputs` reads requests more strictly than a schema can, stands here by the name of the view function.
"""
