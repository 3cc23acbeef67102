// ephemerald's job with Go's net/http, as one would write it: health, preflights, an allow-list of origins, a limit for
// each client address, a token minted at the upstream over a kept connection, and a usage line. It has no settings, no
// authentication, no sessions, no metrics and no drain.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const seconds = 10 * time.Second

// A bucket of the tokens of a client address.
type bucket struct {
	tokens float64
	filled time.Time
}

type peer struct {
	rate, burst  float64
	upstream     string
	key, session string
	client       *http.Client
	usage        *os.File
	lock         sync.Mutex
	clients      map[string]*bucket
}

func main() {
	authorities := x509.NewCertPool()
	pem, err := os.ReadFile(os.Getenv("CA"))
	if err != nil || !authorities.AppendCertsFromPEM(pem) {
		log.Fatal("CA: ", err)
	}
	usage, err := os.OpenFile(os.Getenv("USAGE_LOG"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	// By default two idle connections of a host are kept, and a crowd would open the others again.
	transport := &http.Transport{MaxIdleConns: 4096, MaxIdleConnsPerHost: 4096, IdleConnTimeout: time.Minute}
	transport.TLSClientConfig = &tls.Config{RootCAs: authorities}
	p := &peer{
		rate: number("RATE"), burst: number("BURST"), upstream: os.Getenv("UPSTREAM"), key: os.Getenv("KEY"),
		session: os.Getenv("SESSION"), client: &http.Client{Transport: transport}, usage: usage,
		clients: map[string]*bucket{},
	}
	http.HandleFunc("/api/health", func(w http.ResponseWriter, r *http.Request) {
		p.answer(w, r, 200, "application/json", map[string]any{"status": "ok"})
	})
	http.HandleFunc("/api/realtime/token", p.token)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}

func number(name string) float64 {
	value, err := strconv.ParseFloat(os.Getenv(name), 64)
	if err != nil {
		log.Fatal(name, ": ", err)
	}
	return value
}

func (p *peer) token(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	status := p.respond(w, r)
	if r.Method == http.MethodOptions {
		return
	}
	line, _ := json.Marshal(map[string]any{
		"time": begun.UTC().Format(time.RFC3339Nano), "id": w.Header().Get("X-Request-Id"), "client": address(r),
		"origin": r.Header.Get("Origin"), "method": r.Method, "status": status,
		"duration": time.Since(begun).Seconds(), "agent": r.UserAgent(),
	})
	if _, err := p.usage.Write(append(line, '\n')); err != nil {
		log.Fatal(err)
	}
}

func (p *peer) respond(w http.ResponseWriter, r *http.Request) int {
	if !strings.HasPrefix(r.Header.Get("Origin"), "http://localhost:") {
		return p.refuse(w, r, 403, "Origin not allowed")
	}
	if r.Method == http.MethodOptions {
		w.Header().Set("Access-Control-Allow-Methods", "POST, OPTIONS")
		w.Header().Set("Access-Control-Allow-Headers", "authorization, content-type")
		w.Header().Set("Access-Control-Max-Age", "600")
		return p.answer(w, r, 204, "", nil)
	}
	if r.Method != http.MethodPost {
		return p.refuse(w, r, 405, "Method not allowed")
	}
	if !p.admit(address(r)) {
		return p.refuse(w, r, 429, "Too many requests")
	}
	var minted struct {
		Value   string `json:"value"`
		Expires int64  `json:"expires_at"`
	}
	if err := p.mint(r.Context(), &minted); err != nil || minted.Value == "" {
		return p.refuse(w, r, 502, "The upstream failed")
	}
	secret := map[string]any{"value": minted.Value, "expires_at": minted.Expires}
	return p.answer(w, r, 200, "application/json", map[string]any{
		"value": minted.Value, "expires_at": minted.Expires, "client_secret": secret,
	})
}

// Mints a client secret at the upstream, and reads what the answer needs of it.
func (p *peer) mint(until context.Context, minted any) error {
	until, cancel := context.WithTimeout(until, seconds)
	defer cancel()
	request, err := http.NewRequestWithContext(until, http.MethodPost, p.upstream, strings.NewReader(p.session))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+p.key)
	request.Header.Set("Content-Type", "application/json")
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 16384))
	if err != nil || response.StatusCode != 200 {
		return io.ErrUnexpectedEOF
	}
	return json.Unmarshal(body, minted)
}

// Takes a token of the client's bucket; false when it is empty.
func (p *peer) admit(client string) bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	now, known := time.Now(), p.clients[client]
	if known == nil {
		known = &bucket{p.burst, now}
		p.clients[client] = known
	}
	known.tokens = min(p.burst, known.tokens+now.Sub(known.filled).Seconds()*p.rate)
	known.filled = now
	if known.tokens < 1 {
		return false
	}
	known.tokens--
	return true
}

func min(a, b float64) float64 {
	if a < b {
		return a
	}
	return b
}

func address(r *http.Request) string {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	return host
}

func (p *peer) refuse(w http.ResponseWriter, r *http.Request, status int, title string) int {
	if status == 429 {
		w.Header().Set("Retry-After", "60")
	}
	return p.answer(w, r, status, "application/problem+json", map[string]any{"title": title, "status": status})
}

// Answers with the fields that all answers have.
func (p *peer) answer(w http.ResponseWriter, r *http.Request, status int, kind string, body any) int {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		log.Fatal(err)
	}
	head := w.Header()
	if origin := r.Header.Get("Origin"); origin != "" && status != 403 {
		head.Set("Access-Control-Allow-Origin", origin)
		head.Set("Access-Control-Expose-Headers", "Retry-After, X-Request-Id")
	}
	head.Set("Vary", "Origin")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("X-Request-Id", hex.EncodeToString(id[:]))
	var text bytes.Buffer
	if body != nil {
		head.Set("Content-Type", kind)
		if err := json.NewEncoder(&text).Encode(body); err != nil {
			log.Fatal(err)
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes())
	return status
}
