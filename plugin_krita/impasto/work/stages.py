"""How far a painting is; the docker has words for each."""

IDLE, READING, SENDING, WAITING, PAINTING, FETCHING = "idle", "reading", "sending", "waiting", "painting", "fetching"
LOOKING, LOOKING_FOR = "looking", "seeking"
SEGMENTING, CUTTING, BRUSHING = "segmenting", "cutting", "brushing"
SHAPING = "shaping"
