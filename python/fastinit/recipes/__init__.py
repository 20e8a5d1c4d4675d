"""Recipes: TOML text, names with ranges, rules, and which tensor takes which rule."""
