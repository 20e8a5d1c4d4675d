"""Recipes: TOML text, names with ranges, rules and which tensor each of them takes."""
