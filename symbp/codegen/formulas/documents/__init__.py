"""Documents: a sheet as one file of text, LaTeX, Markdown or HTML.

Each module has one function, `document(sheet)`.
"""
