"""An account of paper money on live prices; it outlives the process in a journal."""
