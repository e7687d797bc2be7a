"""How a painting comes about: the plan, where and how strokes are placed, how they move, what is told meanwhile."""
