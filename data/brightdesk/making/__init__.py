"""The parts of make_facts.py: one module for each part of the company that leaves facts."""
