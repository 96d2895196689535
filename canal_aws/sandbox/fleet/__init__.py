"""The fleet: plays the instances of the embedded AWS, a machine for each, and the load balancers in front of them.

What EC2 and ELB answer decides everything. Each instance boots its own user data in a machine (`sandbox/machines`);
kwok keeps each cluster's Nodes Ready and says of every pod on them that it runs, so what is seen of pods is simulated.
"""
