"""How far a painting is; the docker has words for each."""

IDLE, READING, WAITING, PAINTING, FETCHING = "idle", "reading", "waiting", "painting", "fetching"
LOOKING, LOOKING_FOR = "looking", "seeking"
SEGMENTING, CUTTING = "segmenting", "cutting"
