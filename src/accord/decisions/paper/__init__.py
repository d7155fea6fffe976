"""A plan or a decision on paper: one record, from which its page, its PDF and its slides are made."""

from accord.decisions.paper.pictures import charts, compared, deck, pdf
from accord.decisions.paper.records import exact, of_decision, of_plan
from accord.decisions.paper.sheets import sheet_pdf

__all__ = ["charts", "compared", "deck", "exact", "of_decision", "of_plan", "pdf", "sheet_pdf"]
