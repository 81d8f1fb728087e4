"""Recognise the line that says who speaks: an office and a name, in the orders newspapers use."""

import re

from ragbot.text.script import to_simplified

__all__ = ["SURNAMES", "TITLES", "parse_byline"]

# Words that end the name of an office. A line that has none is no byline.
TITLES = (
    "局长|厅长|主任|书记|部长|省长|市长|县长|区长|州长|镇长|乡长|主席|处长|院长|校长|会长|理事长|"
    "秘书长|行长|总经理|经理|董事长|总裁|司长|委员|组长|科长|所长|站长|台长|社长|总编辑|主编|教授|"
    "研究员|工程师|常委|党组成员|党委委员|专员|巡视员|调研员|检察长|庭长|首席代表|代表|负责人|发言人|"
    "馆长|署长|总监|部门负责人|盟长|旗长|政委|司令员|关长|队长|大使|专家|律师|博士|院士|记者"
)
# The hundred-odd commonest surnames and the compound ones (Ministry of Public Security, 2020 name
# report, and the classic 百家姓): asked for only where no space sets the name apart.
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢"
    "傅付钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎闫薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武戚莫孔向汤芮敖施"
    "章艾安鲍毕卞卜岑柴常车成池褚崇邸窦樊房费封甘葛耿宫古关管桂杭洪花华霍嵇吉计季简焦靳荆井景鞠康柯匡况蓝郎劳乐冷"
    "厉连练梅苗闵穆倪聂牛农欧庞裴皮平蒲齐祁乔屈瞿曲权冉饶阮沙单尚申盛时舒束司宿隋台滕佟童涂屠危温文翁巫邬伍席冼项"
    "辛邢幸宣荀鄢晏燕羊阳仰伊易殷应游尤喻虞郁元岳云臧翟湛占詹仉甄支仲诸祝庄卓宗左"
)
_COMPOUND = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|端木|南宫|独孤|呼延"

_SEPARATOR = r"[ \t\u3000\xa0]"
_SPACED_NAME = rf"[\u4e00-\u9fff]{_SEPARATOR}+[\u4e00-\u9fff]"
_MINORITY_NAME = r"[\u4e00-\u9fff]{1,8}(?:[·・•][\u4e00-\u9fff]{1,8}){1,3}"
_ANY_NAME = rf"(?:{_SPACED_NAME}|{_MINORITY_NAME}|[\u4e00-\u9fff]{{2,4}})"
_KNOWN_NAME = (
    rf"(?:(?:{_COMPOUND})[\u4e00-\u9fff]{{1,2}}|[{SURNAMES}][\u4e00-\u9fff]{{1,2}}"
    rf"|[{SURNAMES}]{_SEPARATOR}+[\u4e00-\u9fff]|{_MINORITY_NAME})"
)
_ASIDE = r"(?:[()（）][^()（）]{1,12}[()（）])?"
_OFFICE_WORDS = r"[\u4e00-\u9fffA-Za-z0-9()（）、,，·\-—“”《》]{0,50}?"
_OFFICE = rf"{_OFFICE_WORDS}(?:{TITLES}){_ASIDE}"
_MARKS = r"[-—–─·•●○■□◆◇▲△▶▷★☆◎※*>|丨]+"
_LABEL = r"文[/／]|(?:作者|口述|发言人|讲述人)[:：]|撰文[:：/]"
_LEAD = rf"(?:{_MARKS}|{_LABEL}|[(（\[【])?"
_TAIL = r"[)）\]】]?"

_FORMS = tuple(
    re.compile(rf"{_LEAD}\s*+{form}\s*{_TAIL}")
    for form in (
        # 北京市知识产权局局长 杨东起 · 局长：杨东起
        rf"(?P<office>{_OFFICE})(?:{_SEPARATOR}+|\s*[:：|丨/／]\s*)(?P<name>{_ANY_NAME})",
        # 湖南省知识产权局局长张三
        rf"(?P<office>{_OFFICE})(?P<name>{_KNOWN_NAME})",
        # 张三（湖南省知识产权局局长） · 张三，湖南省知识产权局局长 · 张三 局长
        rf"(?P<name>{_KNOWN_NAME})\s*[(（,，:：|丨/／]\s*(?P<office>{_OFFICE})",
        rf"(?P<name>{_KNOWN_NAME}){_SEPARATOR}+(?P<office>{_OFFICE})",
    )
)
_LONGEST = 70
_NOT_A_NAME = re.compile(
    rf"(?:{TITLES})|讲话|致辞|发言|会议|答记者问|介绍|表示|指出|强调|要求|工作"
)
_ENDS_A_SENTENCE = re.compile(r"[。！？!?；;…]\s*$")


def parse_byline(line: str) -> tuple[str, str] | None:
    """Split a byline into (office, name) in the line's own script; None where it is no byline.

    A two-character name padded with a space (施 蔚) comes back without it (施蔚).
    """
    line = line.strip()
    if not 4 <= len(line) <= _LONGEST or _ENDS_A_SENTENCE.search(line):
        return None
    folded = to_simplified(line)
    if len(folded) != len(line):
        return None
    for form in _FORMS:
        match = form.fullmatch(folded)
        if match and not _NOT_A_NAME.search(match["name"]):
            office = line[slice(*match.span("office"))].strip()
            name = re.sub(_SEPARATOR, "", line[slice(*match.span("name"))])
            return office, name
    return None
