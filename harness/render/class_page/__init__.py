"""The parts of the dashboard of a class: figures counted in one pass, and a module for each section of the page."""
