// The Express server of the documentation that ephemerald replaces, in its shape; only the address, the key and the
// session come from the environment, so that all servers here send the same.
"use strict";
const express = require("express");
const cors = require("cors");

const { UPSTREAM, OPENAI_API_KEY, PORT } = process.env;
const sessionConfig = JSON.parse(process.env.SESSION);

const app = express();
app.use(cors());
app.use(express.json());

app.post("/api/realtime/token", async (req, res) => {
  try {
    const response = await fetch(UPSTREAM, {
      method: "POST",
      headers: { Authorization: `Bearer ${OPENAI_API_KEY}`, "Content-Type": "application/json" },
      body: JSON.stringify(sessionConfig),
    });
    if (!response.ok) {
      throw new Error(`HTTP error! status: ${response.status}`);
    }
    res.json(await response.json());
  } catch (error) {
    console.error("Token generation error:", error);
    res.status(500).json({ error: "Failed to generate token", details: error.message });
  }
});

app.get("/api/health", (req, res) => {
  res.json({ status: "ok", timestamp: new Date().toISOString() });
});

app.listen(PORT, "127.0.0.1");
