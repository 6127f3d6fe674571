"""The whole program under random faults of every account but one, scraped every second.

``make chaos`` runs the long form: 50 accounts for ten minutes. The tests run the same in a minute.
"""
