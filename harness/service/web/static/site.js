// What makes the pages nicer where scripts run; every page works without. The editor is editor.js, what is live is htmx.
"use strict"
const form = document.querySelector("form[data-drop]")
if (form) {
  const text = form.querySelector("textarea")
  const file = form.querySelector("input[type=file]")
  form.querySelectorAll("p[hidden]").forEach((hint) => { hint.hidden = false })
  const mark = (on) => (event) => {
    if (!event.dataTransfer || ![...event.dataTransfer.types].includes("Files")) return
    event.preventDefault()
    form.classList.toggle("dropping", on)
  }
  form.addEventListener("dragover", mark(true), true)
  form.addEventListener("dragleave", mark(false), true)
  form.addEventListener("drop", (event) => {
    const [dropped] = event.dataTransfer.files
    if (!dropped) return
    event.preventDefault()
    event.stopPropagation()
    form.classList.remove("dropping")
    // A text can be read and changed before it is handed in; anything else goes as the file that it is.
    if (dropped.name.endsWith(".py") && dropped.size <= 1 << 20) {
      dropped.text().then((read) => {
        file.value = ""
        text.value = read
        text.dispatchEvent(new Event("dout:text"))
      })
    } else {
      file.files = event.dataTransfer.files
    }
  }, true)
}
