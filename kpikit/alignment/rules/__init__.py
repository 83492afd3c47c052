"""The rules, one file for each family of codes.

To add one, write a function with the decorator `rule` into the file of its family.
"""
