// The component as a page uses it, in StrictMode; bundled by the test.
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { RealtimeVoiceChat } from "../../../Sources/BrowserClient/react.js";

const Page = ({ options }) => {
  const [shown, setShown] = useState(true);
  window.show = setShown;
  return <StrictMode>{shown ? <RealtimeVoiceChat options={options} /> : <p id="gone">Gone.</p>}</StrictMode>;
};

window.mount = (options) => createRoot(document.getElementById("root")).render(<Page options={options} />);
window.ready = true;
