"""A character at the head of a line does not put a document into a province."""

from pathlib import Path

from ragbot.bot import Ragbot
from ragbot.settings import Settings

MANUAL = """栖云路由器说明书
新 功能介绍
支持家长模式、访客模式和节能模式，可在管理页面切换。
黑·白名单
白名单中的设备可以连接网络，黑名单中的设备不能连接。
云-边-端协同
云端下发策略，边缘设备执行，终端上报状态。
"""


def test_a_spaced_heading_is_no_province(tmp_path: Path, data_dir: Path) -> None:
    """新 功能介绍 says nothing of 新疆, and is found by its own words."""
    document = tmp_path / "说明书.txt"
    document.write_text(MANUAL, "utf-8")
    with Ragbot(Settings(data_dir=data_dir, index="manual")) as opened:
        opened.rebuild([document])
        for place in ("新疆", "黑龙江", "云南"):
            assert opened.answer(f"{place}支持什么模式？").refused
        assert "访客模式" in opened.answer("路由器支持什么模式？").text
