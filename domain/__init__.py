"""What a return is: nouns, money, policy, refund arithmetic, ids and errors. Pure: knows no clock, chance or vendor."""
