"""Figures of a run on this machine: what was asked and what was measured. Nothing is asserted."""
