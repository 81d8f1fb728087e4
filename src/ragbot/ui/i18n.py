"""The page's own words in Simplified Chinese, Traditional Chinese and English."""

from typing import TYPE_CHECKING, Literal, get_args

from ragbot.text.script import Script

if TYPE_CHECKING:
    import gradio

__all__ = ["LANGUAGES", "Language", "language_of", "say", "script_of", "translations"]

Language = Literal["zh-CN", "zh-TW", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_TRADITIONAL = {"hant", "tw", "hk", "mo"}
"""Subtags of a Chinese language tag (BCP 47) that mean Traditional characters."""

# One row for each phrase, in the order of LANGUAGES.
_PHRASES: dict[str, tuple[str, str, str]] = {
    "title": ("文档问答", "文檔問答", "Ask your documents"),
    "tagline": (
        "只依据你的文档回答，每句话都能查到原文",
        "只依據你的文檔回答，每句話都能查到原文",
        "Answers from your documents only, every sentence traced to its source",
    ),
    "welcome": (
        "想从文档里知道什么？",
        "想從文檔裡知道什麼？",
        "What would you like to know?",
    ),
    "ask_here": (
        "输入问题，简体、繁体都可以",
        "輸入問題，簡體、繁體都可以",
        "Ask in Simplified or Traditional Chinese",
    ),
    "question": ("问题", "問題", "Question"),
    "conversation": ("对话", "對話", "Conversation"),
    "new_chat": ("新对话", "新對話", "New chat"),
    "source": ("原文", "原文", "Source"),
    "source_hint": (
        "点击回答中的编号，这里显示它在原文中的位置。",
        "點擊回答中的編號，這裡顯示它在原文中的位置。",
        "Click a number in an answer to see where in the document it stands.",
    ),
    "source_failed": (
        "原文无法显示，服务可能已停止。",
        "原文無法顯示，服務可能已停止。",
        "The source cannot be shown; the server may have stopped.",
    ),
    "thinking": ("正在查找…", "正在查找…", "Searching…"),
    "waiting": (
        "正在准备模型和索引，准备好后立即回答…",
        "正在準備模型和索引，準備好後立即回答…",
        "Preparing the model and the index; the answer follows at once…",
    ),
    "state_exact": (
        "与原文逐字一致",
        "與原文逐字一致",
        "Word for word as in the file",
    ),
    "state_repaired": (
        "原文有损坏，已还原并验证",
        "原文有損壞，已還原並驗證",
        "The file is damaged here; restored and proved",
    ),
    "state_uncertain": (
        "原文有损坏，还原结果不确定",
        "原文有損壞，還原結果不確定",
        "The file is damaged here; the restoration is uncertain",
    ),
    "documents_tab": ("文档", "文檔", "Documents"),
    "collection": ("文档集", "文檔集", "Collection"),
    "new_collection": ("新建文档集", "新建文檔集", "New collection"),
    "history": ("历史", "歷史", "History"),
    "history_kept": (
        "只保存在这个浏览器里。",
        "只保存在這個瀏覽器裡。",
        "Kept in this browser only.",
    ),
    "history_empty": ("还没有对话。", "還沒有對話。", "There is no conversation yet."),
    "retry": ("重试", "重試", "Try again"),
    "close": ("关闭", "關閉", "Close"),
    "drop_here": (
        "把文件拖到这里，或点击选择",
        "把檔案拖到這裡，或點擊選擇",
        "Drop files here, or click to choose",
    ),
    "rebuild": ("重建索引", "重建索引", "Rebuild the index"),
    "cancel": ("取消", "取消", "Cancel"),
    "remove": ("移除", "移除", "Remove"),
    "pending": ("待索引", "待索引", "not indexed yet"),
    "to_be_removed": ("重建后移除", "重建後移除", "gone after the next rebuild"),
    "pending_note": (
        "已保存，重建索引后可以提问。",
        "已儲存，重建索引後可以提問。",
        "Saved; rebuild the index to ask about it.",
    ),
    "uploading": ("正在上传…", "正在上傳…", "Uploading…"),
    "eta": ("约剩 {{n}} 秒", "約剩 {{n}} 秒", "about {{n}} s left"),
    "report_line": (
        "完成：新增 {{added}}，变更 {{changed}}，移除 {{removed}}，失败 {{failed}}",
        "完成：新增 {{added}}，變更 {{changed}}，移除 {{removed}}，失敗 {{failed}}",
        "Done: {{added}} added, {{changed}} changed, {{removed}} removed, {{failed}} failed",
    ),
    "nothing_indexed": ("还没有索引", "還沒有索引", "Nothing is indexed yet"),
    "and_more": ("另有 {n} 篇", "另有 {n} 篇", "and {n} more"),
    "statements": ("{n} 段陈述", "{n} 段陳述", "statements: {n}"),
    "export": ("导出", "匯出", "Export"),
    "stop": ("停止", "停止", "Stop"),
    "show_page": ("查看第 {n} 页的图像", "檢視第 {n} 頁的圖像", "Show a picture of page {n}"),
    "copy_quote": ("复制引文", "複製引文", "Copy the quote"),
    "copied": ("已复制", "已複製", "Copied"),
    "inside": ("为什么是这些段落", "為什麼是這些段落", "Why these passages"),
    "probability": ("能回答的概率", "能回答的機率", "probability"),
    "ask_again": ("修改后再问", "修改後再問", "Edit and ask again"),
    "good": ("有用", "有用", "Useful"),
    "bad_answer": ("答非所问", "答非所問", "Not what I asked"),
    "bad_quote": ("引文不对", "引文不對", "Wrong quote"),
    "bad_missing": ("文档里有，却没找到", "文檔裡有，卻沒找到", "It is in the documents"),
    "thanks": ("谢谢，已记在本机", "謝謝，已記在本機", "Thank you; kept on this machine"),
    "password": ("密码", "密碼", "Password"),
    "log_in": ("进入", "進入", "Log in"),
    "log_out": ("退出登录", "登出", "Log out"),
    "too_many_tries": (
        "密码错误次数过多，请一分钟后再试。",
        "密碼錯誤次數過多，請一分鐘後再試。",
        "Too many wrong passwords; try again in a minute.",
    ),
    "wrong_password": ("密码不对。", "密碼不對。", "That is not the password."),
    "understood": ("理解为：{reading}", "理解為：{reading}", "Understood as: {reading}"),
    "nearest": ("最接近的原文：", "最接近的原文：", "Closest to your question: "),
    "claim_exact": ("逐字引用", "逐字引用", "quoted word for word"),
    "claim_supported": (
        "转述，已与原文核对",
        "轉述，已與原文核對",
        "told in other words, checked against the text",
    ),
    "show_raw": (
        "与文件中的原始文字对照",
        "與檔案中的原始文字對照",
        "Compare with the raw text of the file",
    ),
    "in_the_file": ("文件原文", "檔案原文", "In the file"),
    "as_restored": ("还原后", "還原後", "Restored"),
    "map": (
        "离中心越近，与问题的意思越近；同一侧的段落彼此相近；圆越大，越可能回答问题。",
        "離中心越近，與問題的意思越近；同一側的段落彼此相近；圓越大，越可能回答問題。",
        "Nearer the middle: nearer the question in meaning. On the same side: alike. "
        "Larger: likelier to answer.",
    ),
    "page": ("第 {n} 页", "第 {n} 頁", "page {n}"),
    "more_before": ("上文略", "上文略", "earlier text left out"),
    "more_after": ("下文略", "下文略", "later text left out"),
    "cite_label": ("查看出处 {n}", "檢視出處 {n}", "Show source {n}"),
    "confidence": ("把握 {percent}%", "把握 {percent}%", "confidence {percent}%"),
    "failed": ("没能回答：", "沒能回答：", "No answer: "),
    "broken": (
        "服务器内部出错，详情见其日志。",
        "伺服器內部出錯，詳情見其日誌。",
        "Something went wrong on the server; its log says what.",
    ),
    "loading": (
        "正在加载模型和索引…",
        "正在載入模型和索引…",
        "Loading the model and the index…",
    ),
    "not_ready": ("还不能回答：", "還不能回答：", "Cannot answer yet: "),
    "offline": ("与服务器的连接已断开", "與伺服器的連線已中斷", "The server cannot be reached"),
    "documents": ("{n} 篇文档", "{n} 篇文檔", "documents: {n}"),
    "passages": ("{n} 个段落", "{n} 個段落", "passages: {n}"),
    "generation": ("版本", "版本", "generation"),
    "example_office": ("{office}是谁？", "{office}是誰？", "{office}是谁？"),
    "example_name": ("{name}担任什么职务？", "{name}擔任什麼職務？", "{name}担任什么职务？"),
    "example_heading": (
        "{place}如何{heading}？",
        "{place}如何{heading}？",
        "{place}如何{heading}？",
    ),
    "example_topic": (
        "“{heading}”讲了什么？",
        "「{heading}」講了什麼？",
        "“{heading}”讲了什么？",
    ),
}


def language_of(accept: str | None) -> Language:
    """Return the page's language for an Accept-Language header or a language tag.

    The first choice decides. Every kind of Chinese gets Chinese, and so does no wish at all.
    """
    first = (accept or "").split(",")[0].split(";")[0].strip().lower()
    primary, *rest = first.replace("_", "-").split("-")
    if primary in ("zh", "", "*"):
        return "zh-TW" if _TRADITIONAL & set(rest) and "hans" not in rest else "zh-CN"
    return "en"


def script_of(language: Language) -> Script:
    """Return the script in which a reader of this language gets Chinese text of ours."""
    return "hant" if language == "zh-TW" else "hans"


def say(language: Language, phrase: str, **values: object) -> str:
    """Return a phrase of the page, with its blanks filled in."""
    return _PHRASES[phrase][LANGUAGES.index(language)].format(**values)


def translations() -> "gradio.I18n":
    """Return all phrases for Gradio, which chooses among them in the browser."""
    import gradio as gr

    return gr.I18n(
        **{
            language: {phrase: texts[n] for phrase, texts in _PHRASES.items()}
            for n, language in enumerate(LANGUAGES)
        }
    )
