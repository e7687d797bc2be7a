"""Everyday names for what EfficientNet-Lite0 tells apart: ImageNet's 1000 classes, one level up where they are fine.

Left out are classes that it takes plain surfaces for (crates for boards, envelopes for walls), those it sees in leaves
(walking sticks, mantises), and what is no part of a picture. Numbers are those of ImageNet's usual order.
"""

from functools import cache

import numpy as np

CLASSES = 1000

_THINGS = """
fish 0-1 389-397; shark 2-4; bird 7-24 80-100 127-146; salamander 25-29; frog 30-32; turtle 33-37; lizard 38-48;
crocodile 49-50; snake 52-68; scorpion 71; kangaroo 104; koala 105; jellyfish 107; shell 112 117; snail 113;
crab 118-121 125; lobster 122-124; whale 147-148; seal 149-150; dog 151-268; wolf 269-271; wild dog 272-275;
hyena 276; fox 277-280; cat 281-285; puma 286; lynx 287; leopard 288-290; lion 291; tiger 292; cheetah 293;
bear 294-297; meerkat 299; beetle 300-307; bee 309; dragonfly 319-320; butterfly 321-326; starfish 327;
rabbit 330-332; hamster 333; squirrel 335; beaver 337; guinea pig 338; horse 339; zebra 340; pig 341-343;
hippopotamus 344; cow 345-346; bison 347; sheep 348-349; goat 350; antelope 351-353; camel 354; llama 355;
weasel 356-359; otter 360; badger 362; sloth 364; ape 365-369; monkey 370-382; lemur 383-384; elephant 101 385-386;
red panda 387; panda 388; person 981-983; accordion 401; guitar 402 546; ship 403 510 628 724; plane 404 895;
airship 405; ambulance 407; clock 409 530 892; backpack 414; balloon 417; banjo 420; barrel 427;
cart 428 603 612 690; ball 429-430 574 768 805 852 890; car 436 468 511 609 627 656 661 717 734 751 817;
lighthouse 437; bottle 440 720 737 898 907; glass 441 572; bicycle 444 671; bookcase 453; bucket 463;
train 466 547 565 705 820; pot 469 544; candle 470; cannon 471; boat 472 484 554 576 625 694 780 814 871 914;
carousel 476; wheel 479; castle 483; cello 486; telephone 487 528 707; chest 492-493; church 497; cup 504 967-968;
coffee pot 505; keyboard 508; trumpet 513; boot 514; hat 515 808; cradle 516; crane 517; helmet 518 560; cot 520;
desk 526; computer 527; watch 531; table 532; dome 538; drum 541 822; fan 545; fire engine 555; flag 557; flute 558;
chair 423 559 765; fountain 562; bed 564; horn 566; pan 567 909; lorry 569 675 864 867; piano 579 881; harp 594;
harvester 595; hourglass 604; pumpkin 607 940-942; lamp 619 818 846; laptop 620; books 454 624; loudspeaker 632;
letter box 637; mask 643; microphone 650; bus 654 779 874; caravan 660 757; motorbike 665 670; mosque 668; tent 672;
mouse 673; obelisk 682; palace 698; parachute 701; bench 703; pillow 721; jug 725 899 901; plough 730;
pool table 736; flowerpot 738; bag 748; racket 752; radio telescope 755; shoe 630 770; sandal 774; saxophone 776;
bowl 809; space shuttle 812; stove 827; tram 829; sofa 831; submarine 833; tank 847; teapot 849; teddy bear 850;
television 851; totem pole 863; tractor 866; tricycle 870; umbrella 879; vase 883; violin 889; wardrobe 894;
water tower 900; wreck 913; yurt 915; sign 919; traffic light 920; plate 923; soup 925-926; dessert 927;
ice cream 928; bread 930-932; burger 933; hot dog 934; cabbage 936; broccoli 937; cauliflower 938; cucumber 943;
artichoke 944; pepper 945; mushroom 947 992-997; apple 948; strawberry 949; orange 950; lemon 951; fig 952;
pineapple 953; banana 954; pomegranate 957; pasta 959; pizza 963; wine 966; flower 985-986; corn 987; acorn 988;
clothes 399-400 411 474 568 610 617 652 697 834 841 869 887; dress 578; kimono 614; building 853 858
"""
_PLACES = """
barn 425; pier 460; dam 525; dock 536; monastery 663; fence 489 716 912; bridge 821 839 888; wall 825;
arch 873; mountain 970 980; cliff 972; geyser 974; lake 975; coast 976; beach 977-978; field 984
"""


def _parsed(text: str) -> dict[str, list[int]]:
    found = {}
    for entry in text.replace("\n", " ").split(";"):
        words = entry.split()
        numbers = [word for word in words if word[0].isdigit()]
        spans = [(int(first), int(last or first)) for first, _, last in (each.partition("-") for each in numbers)]
        found[" ".join(words[: -len(numbers)])] = [k for first, last in spans for k in range(first, last + 1)]
    return found


_MEMBERS = {**_parsed(_THINGS), **_parsed(_PLACES)}
NAMES = tuple(_MEMBERS)
PLACES = frozenset(_parsed(_PLACES))  # names of what cannot be counted, or is large
ANIMAL, BUILDING = "animal", "building"
_BUILDINGS = ("castle", "church", "dome", "mosque", "obelisk", "palace", "barn", "monastery", BUILDING)
FAMILIES = {  # what a thing is called when it is surely one of these, and not surely which
    ANIMAL: tuple(name for name in NAMES if _MEMBERS[name][0] < 398 and name != "shell"),
    BUILDING: tuple(name for name in NAMES if name in _BUILDINGS),
}
THINGS = frozenset((*NAMES, *FAMILIES)) - PLACES
# What Lite0 sees out of doors from afar, and what it takes grass, leaves and petals for from near by.
OUTDOORS = (
    404, 405, 417, 425, 437, 460, 483, 484, 500, 510, 517, 525, 536, 538, 557, 562, 576, 595, 603, 625, 628, 649, 663,
    668, 672, 682, 690, 694, 698, 701, 703, 716, 718, 724, 730, 733, 755, 780, 814, 821, 825, 839, 853, 856, 858, 863,
    866, 871, 873, 888, 895, 900, 908, 912, 913, 914, 915, 919, 920, 958, 970, 972, *range(974, 981), 984,
)  # fmt: skip
PLANTS = (*range(25, 80), 113, 114, *range(300, 327), 944, 946, 947, *range(984, 998))
WATERS = (403, 460, 472, 484, 510, 536, 554, 576, 625, 628, 718, 724, 780, 814, 833, 871, 914, *range(975, 979))


@cache
def _order() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The named classes group by group, where each group begins, and its size as a share of all classes."""
    sizes = np.array([len(members) for members in _MEMBERS.values()])
    return (
        np.concatenate(list(map(np.array, _MEMBERS.values()))),
        np.cumsum(sizes) - sizes,
        (sizes / CLASSES).astype(np.float32),
    )


def grouped(chances: np.ndarray) -> np.ndarray:
    """How much likelier than by chance each of `NAMES` is (…, G) ≤ 1, of the classes' probabilities (…, 1000)."""
    order, starts, share = _order()
    return (np.add.reduceat(chances[..., order], starts, -1) - share.astype(np.float32)) / (1 - share).astype(
        np.float32
    )


def of_families(values: np.ndarray) -> np.ndarray:
    """The same of each of `FAMILIES` (…, F) ≤ 1, of what `grouped` gives (…, G)."""
    share = _order()[2]
    members = [[NAMES.index(name) for name in names] for names in FAMILIES.values()]
    found = [(values[..., own] * (1 - share[own])).sum(-1) / (1 - share[own].sum()) for own in members]
    return np.minimum(np.stack(found, -1), 1)
