"""The report of a run: one HTML file that opens anywhere, without a network."""

from entrypoints.backtest.report.html_file import check_target, write_report
from entrypoints.backtest.report.studies import check_studies

__all__ = ["check_studies", "check_target", "write_report"]
