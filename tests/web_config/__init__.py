"""Tests of the web configuration."""
